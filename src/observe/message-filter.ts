import { OptionError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import { type AeronStreams, announceStreamIdOf, MESSAGE_KINDS, type MessageKind } from "../protocol/stream-ids.ts";
import {
  FrameDescriptorDecoder,
  type JsonFields,
  MESSAGE_HEADER_BYTES,
  MESSAGES,
  messageKey,
  messageKeyAt,
} from "../sbe/index.ts";
import type { DecodedMessage } from "./decoded-message.ts";

const KIND_OF_MESSAGE: Readonly<Record<string, MessageKind>> = {
  FrameDescriptor: "descriptor",
  QosConsumer: "qos",
  QosProducer: "qos",
  DataSourceAnnounce: "metadata",
  DataSourceMeta: "metadata",
};

/** The Aeron streams that carry a kind of message. */
export function streamIdsOfKind(streams: AeronStreams, kind: MessageKind): readonly number[] {
  switch (kind) {
    case "control":
      return [streams.controlStreamId, announceStreamIdOf(streams)];
    case "descriptor":
      return [streams.descriptorStreamId];
    case "qos":
      return [streams.qosStreamId];
    case "metadata":
      return [streams.metadataStreamId];
  }
}

/** Criteria for messages; a criterion that is left out matches all. */
interface WantedMessages {
  readonly message?: readonly string[] | undefined;
  readonly kind?: readonly MessageKind[] | undefined;
  readonly client?: number | undefined;
}

/** Selects the messages that the user wants to see. */
export class MessageFilter {
  readonly kinds: readonly MessageKind[];
  readonly #keys: ReadonlySet<number> | null;
  readonly #names: ReadonlySet<string> | null;
  readonly #streamId: number | null;
  readonly #clientId: number | null;

  constructor(options: {
    readonly kinds?: readonly MessageKind[];
    readonly names?: readonly string[];
    readonly streamId?: number | undefined;
    readonly clientId?: number | undefined;
  }) {
    this.kinds = options.kinds ?? kindsOf(options.names);
    this.#streamId = options.streamId ?? null;
    this.#clientId = options.clientId ?? null;
    this.#names = options.names === undefined ? null : new Set(options.names);
    this.#keys =
      this.#names === null
        ? null
        : new Set(
            MESSAGES.filter(({ name }) => this.#names?.has(name)).map((info) =>
              messageKey(info.schemaId, info.templateId),
            ),
          );
  }

  /** A filter from message names in any spelling, kinds, a client and a stream. @throws OptionError */
  static of({ message, kind, client }: WantedMessages, streamId?: number): MessageFilter {
    return new MessageFilter({
      streamId,
      clientId: client,
      ...(message === undefined ? {} : { names: message.map(messageName) }),
      ...(kind === undefined ? {} : { kinds: kind }),
    });
  }

  /** A quick check of a message that has just arrived; `accepts` refuses some of those that pass. */
  mayAccept(view: DataView, offset: number, length: number): boolean {
    if (this.#keys === null && this.#streamId === null && this.#clientId === null) return true;
    const key = messageKeyAt(view, offset, length);
    if (this.#keys !== null && !this.#keys.has(key)) return false;
    // Descriptors name no client.
    if (this.#clientId !== null && key === FrameDescriptorDecoder.KEY) return false;
    // Most messages are descriptors; their first field is the stream's id.
    if (this.#streamId === null || key !== FrameDescriptorDecoder.KEY || length < MESSAGE_HEADER_BYTES + 4) return true;
    return view.getUint32(offset + MESSAGE_HEADER_BYTES, true) === this.#streamId;
  }

  /** A message that cannot be decoded belongs to no stream and has no name: it is shown only if neither is selected. */
  accepts(message: DecodedMessage): boolean {
    if (!("name" in message)) return this.#names === null && this.#streamId === null && this.#clientId === null;
    if (this.#names !== null && !this.#names.has(message.name)) return false;
    // If several kinds share an Aeron stream, only the names of messages distinguish them.
    if (!this.kinds.includes(kindOf(message.name)) && this.kinds.length < MESSAGE_KINDS.length) {
      return false;
    }
    if (this.#clientId !== null && !namesClient(message.fields, this.#clientId)) return false;
    return this.#streamId === null || message.fields.streamId === this.#streamId;
  }
}

/** The Aeron streams that carry messages of these names: the others need no subscription. */
function kindsOf(names: readonly string[] | undefined): readonly MessageKind[] {
  if (names === undefined) return MESSAGE_KINDS;
  return MESSAGE_KINDS.filter((kind) => names.some((name) => kindOf(name) === kind));
}

/** True if the message is from or for the consumer, producer or lease holder with this id. */
function namesClient({ consumerId, producerId, clientId }: JsonFields, id: number): boolean {
  return consumerId === id || producerId === id || clientId === id;
}

function kindOf(name: string): MessageKind {
  return KIND_OF_MESSAGE[name] ?? "control";
}

const MESSAGE_NAMES = MESSAGES.filter(({ kind }) => kind === "message").map(({ name }) => name);

/** The name of a message, in any spelling. @throws OptionError */
function messageName(text: string): string {
  const found = MESSAGE_NAMES.find((name) => name.toLowerCase() === text.trim().toLowerCase());
  if (found !== undefined) return found;
  const expected = MESSAGE_NAMES.join(", ");
  throw new OptionError("message", `expected ${expected}, found "${text}"${suggestion(text, MESSAGE_NAMES)}`, {
    expected,
    found: text,
  });
}
