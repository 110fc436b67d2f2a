import { getLogger } from "../../core/logger.ts";
import type { Attribute, SinkStream } from "../types.ts";
import type { RecordOutput } from "./record-output.ts";
import { ATTRIBUTE_BYTES, MAX_ATTRIBUTE_BYTES, RecordKind } from "./records.ts";

const log = getLogger("consumer");
const NONE = -1;
const KEY = 7;

/** Sends the peer the attributes of each metaVersion, one record per attribute, when they become known. */
export class AttributeAnnouncer {
  readonly #output: RecordOutput;
  #version = NONE;
  /** Attributes of the version above that are still to be sent. */
  #left: readonly Attribute[] = [];

  constructor(output: RecordOutput) {
    this.#output = output;
  }

  /** Another epoch: its versions start again. */
  forget(): void {
    this.#version = NONE;
    this.#left = [];
  }

  /** To be called in each cycle. Attributes without room in the pipe, because the peer does not read, follow later. */
  follow(stream: SinkStream): void {
    if (stream.metaVersion !== this.#version) this.#begin(stream);
    while (this.#left.length > 0 && this.#output.hasRoom(MAX_ATTRIBUTE_BYTES)) {
      this.#send(this.#left[0] as Attribute);
      this.#left = this.#left.slice(1);
    }
  }

  #begin({ metaVersion, attributes }: SinkStream): void {
    this.#version = metaVersion;
    this.#left = attributes.filter((attribute) => {
      const fits = recordBytes(attribute) <= MAX_ATTRIBUTE_BYTES;
      if (!fits) log.warn(`attribute ${attribute.key}: larger than ${MAX_ATTRIBUTE_BYTES} bytes, not handed over`);
      return fits;
    });
  }

  #send(attribute: Attribute): void {
    const output = this.#output;
    const [key, format] = [attribute.key, attribute.format].map((text) => new TextEncoder().encode(text));
    if (key === undefined || format === undefined) return;
    const { value } = attribute;
    const at = output.begin(RecordKind.ATTRIBUTE, recordBytes(attribute));
    output.setWord(at + 2, this.#version);
    output.setWord(at + 3, this.#left.length);
    output.setWord(at + 4, key.length);
    output.setWord(at + 5, format.length);
    output.setWord(at + 6, value.length);
    const bytes = new Uint8Array(key.length + format.length + value.length);
    bytes.set(key);
    bytes.set(format, key.length);
    bytes.set(value, key.length + format.length);
    output.setBytes(at + KEY, bytes);
  }
}

function recordBytes({ key, format, value }: Attribute): number {
  const text = Buffer.byteLength(key) + Buffer.byteLength(format);
  return Math.ceil((ATTRIBUTE_BYTES + text + value.length) / 8) * 8;
}
