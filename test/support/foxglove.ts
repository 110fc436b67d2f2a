import { foxgloveMessageSchemas, generateProto } from "@foxglove/schemas/internal";
import { type Channel, FoxgloveClient, type IWebSocket } from "@foxglove/ws-protocol";
import protobuf from "protobufjs";

/** An image as Foxglove's own schema has it; what this project adds to it is not part of that. */
export interface RawImage {
  readonly timestamp: { readonly seconds: number; readonly nanos: number };
  readonly frame_id: string;
  readonly width: number;
  readonly height: number;
  readonly encoding: string;
  readonly step: number;
  readonly data: Uint8Array;
}

const rawImage = (() => {
  const root = new protobuf.Root();
  root.addJSON(protobuf.common.get("google/protobuf/timestamp.proto")?.nested ?? {});
  protobuf.parse(generateProto(foxgloveMessageSchemas.RawImage, []), root, { keepCase: true });
  return root.lookupType("foxglove.RawImage");
})();

/** Decodes a message by the official schema. */
export function decodeRawImage(bytes: Uint8Array): RawImage {
  return rawImage.toObject(rawImage.decode(bytes), { longs: Number, defaults: true }) as unknown as RawImage;
}

export interface ReceivedMessage {
  readonly subscriptionId: number;
  readonly timestampNs: bigint;
  readonly bytes: Uint8Array;
}

/** The client of Foxglove, with what it was sent. */
export class Viewer {
  readonly client: FoxgloveClient;
  readonly socket: WebSocket;
  readonly channels = new Map<number, Channel>();
  readonly messages: ReceivedMessage[] = [];
  readonly statuses: string[] = [];
  readonly errors: Error[] = [];
  serverName: string | null = null;
  closed: string | null = null;

  constructor(url: string, protocols: readonly string[] = [FoxgloveClient.SUPPORTED_SUBPROTOCOL]) {
    this.socket = new WebSocket(url, [...protocols]);
    this.client = new FoxgloveClient({ ws: this.socket as unknown as IWebSocket });
    this.client.on("serverInfo", ({ name }) => {
      this.serverName = name;
    });
    this.client.on("advertise", (channels) => {
      for (const channel of channels) this.channels.set(channel.id, channel);
    });
    this.client.on("unadvertise", (ids) => {
      for (const id of ids) this.channels.delete(id);
    });
    this.client.on("message", ({ subscriptionId, timestamp, data }) => {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
      this.messages.push({ subscriptionId, timestampNs: timestamp, bytes });
    });
    this.client.on("status", ({ message }) => this.statuses.push(message));
    this.client.on("error", (error) => this.errors.push(error));
    this.client.on("close", (event) => {
      this.closed = (event as { reason?: string } | undefined)?.reason ?? "";
    });
  }

  channel(topic: string): Channel | null {
    return [...this.channels.values()].find((channel) => channel.topic === topic) ?? null;
  }
}
