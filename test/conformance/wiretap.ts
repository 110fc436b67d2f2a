import { NativeBuffer } from "../../ffi/memory.ts";
import { controlPublicationChannel, observerChannel } from "../../src/aeron/channel.ts";
import { PublishResult } from "../../src/aeron/results.ts";
import { type AeronStreams, DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import { DecodeError, decodeJson, encodeJson, type JsonFields } from "../../src/sbe/index.ts";
import type { Rig } from "../support/rig.ts";

/** One of the four streams of section 6. */
export type Traffic = "control" | "descriptor" | "qos" | "metadata";

export interface Heard {
  readonly traffic: Traffic;
  readonly name: string;
  readonly fields: JsonFields;
}

const STREAMS: Readonly<Record<Traffic, Exclude<keyof AeronStreams, "channel" | "announceStreamId">>> = {
  control: "controlStreamId",
  descriptor: "descriptorStreamId",
  qos: "qosStreamId",
  metadata: "metadataStreamId",
};

/** Hears everything that is said between the roles of a rig, in order, decoded. */
export class Wiretap {
  readonly heard: Heard[] = [];

  constructor(rig: Rig) {
    const subscriptions = Object.entries(STREAMS).map(([traffic, key]) =>
      rig.connection.addSubscription(observerChannel(DEFAULT_STREAMS.channel), DEFAULT_STREAMS[key], (view, length) => {
        const message = decodedOrNull(new Uint8Array(view.buffer, view.byteOffset, length));
        if (message !== null) this.heard.push({ traffic: traffic as Traffic, ...message });
      }),
    );
    rig.add({
      roleName: "wiretap",
      doWork: () => subscriptions.reduce((sum, subscription) => sum + subscription.poll(64), 0),
    });
    rig.until(() => rig.connection.isReady, "the wiretap to be subscribed");
  }

  /** The fields of the messages of this name so far. */
  of(name: string): JsonFields[] {
    return this.heard.filter((message) => message.name === name).map(({ fields }) => fields);
  }

  forget(): void {
    this.heard.length = 0;
  }
}

/** Null for what a test said wrong on purpose. */
function decodedOrNull(bytes: Uint8Array): { name: string; fields: JsonFields } | null {
  try {
    const { name, fields } = decodeJson(bytes);
    return { name, fields };
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

/** Steps until everything that was said is heard and answered, also where this process gets little of a CPU. */
export function settle(rig: Rig): void {
  rig.settle();
  rig.step(50);
}

/** A voice beside the roles, on an Aeron session of its own: says what it is told to, right or wrong. */
export function voice(rig: Rig, traffic: Traffic): (name: string, fields: JsonFields) => void {
  const say = byteVoice(rig, traffic);
  return (name, fields) => say(encodeJson(name, fields));
}

/** The same for messages that no encoder makes. */
export function byteVoice(rig: Rig, traffic: Traffic): (bytes: Uint8Array) => void {
  const publication = rig.connection.addPublication(
    controlPublicationChannel(DEFAULT_STREAMS.channel),
    DEFAULT_STREAMS[STREAMS[traffic]],
  );
  rig.until(() => publication.isConnected, "the voice to be heard");
  const buffer = new NativeBuffer(4096);
  return (bytes) => {
    buffer.bytes.set(bytes);
    rig.until(
      () => publication.publishMessage(buffer.address, bytes.length) === PublishResult.PUBLISHED,
      "room for the message",
    );
  };
}
