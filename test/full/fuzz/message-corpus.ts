import { type MessageInfo, messageByName } from "../../../src/sbe/index.ts";
import { FRAMED, MESSAGE_VECTORS } from "../../support/sbe-messages.ts";
import { change, Draft } from "./mutations.ts";
import type { Random } from "./random.ts";

const CAPACITY = 16 * 1024;

/** Messages to begin with, and what becomes of them. */
export class MessageCorpus {
  readonly #originals: readonly Uint8Array[];
  readonly #draft = new Draft(CAPACITY);

  /** `further`: beside the reference encodings, e.g. messages that suit a stream that is there. */
  constructor(further: readonly Uint8Array[] = []) {
    const vectors = MESSAGE_VECTORS.map(({ hex }) => Uint8Array.fromHex(hex));
    // Half of the cases are about the stream that is there.
    const repeated = Array.from({ length: further.length === 0 ? 0 : Math.ceil(vectors.length / further.length) });
    this.#originals = [...vectors, ...repeated.flatMap(() => further)].filter(({ length }) => length <= CAPACITY / 2);
  }

  /** A changed message, now and then an unchanged one; valid until the next call. */
  next(random: Random): Uint8Array {
    const draft = this.#draft;
    const original = random.of(this.#originals);
    draft.set(original);
    if (random.oneIn(16)) this.#retarget(random, random.of(FRAMED));
    if (random.oneIn(16)) for (let i = 8; i < draft.length; i++) draft.bytes[i] = random.bits();
    for (let changes = random.below(4); changes > 0; changes--) {
      change(random, draft, random.of(this.#originals));
      draft.length = Math.min(draft.length, CAPACITY / 2);
    }
    return draft.bytes.subarray(0, draft.length);
  }

  /** Another message's header before these bytes. */
  #retarget(random: Random, info: MessageInfo): void {
    const { blockLength, templateId, schemaId, version } = info;
    const header = [blockLength, templateId, schemaId, version];
    for (const [i, value] of header.entries()) this.#draft.view.setUint16(i * 2, value, true);
    this.#draft.length = Math.max(8, this.#draft.length - random.below(2));
  }
}

export function infoOf(name: string): MessageInfo {
  const info = messageByName(name);
  if (info?.kind !== "message") throw new RangeError(`expected a message, found ${name}`);
  return info;
}
