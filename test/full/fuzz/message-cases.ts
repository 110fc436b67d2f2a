import { REFUSAL_CODES } from "../../../src/sbe/index.ts";
import type { BlockInfo } from "../../../src/sbe/runtime/info.ts";
import { FRAMED } from "../../support/sbe-messages.ts";
import { Arena } from "./arena.ts";
import { MessageCorpus } from "./message-corpus.ts";
import { Random } from "./random.ts";
import { type Counts, check, count } from "./tally.ts";

const CODES: ReadonlySet<string> = new Set(REFUSAL_CODES);
const POISONS = [0xa5, 0x00, 0xff] as const;

/** Every message through every decoder of both schemas. */
export class MessageCases {
  readonly counts: Counts = {};
  readonly #corpus = new MessageCorpus();
  readonly #arena = new Arena(16 * 1024);
  readonly #decoders = FRAMED.map((info) => ({ info, exact: info.createDecoder(), inner: info.createDecoder() }));

  run(seed: number): void {
    const random = new Random(seed);
    const message = this.#corpus.next(random);
    const exactView = this.#arena.place(message, random.bits(), POISONS[0]);
    for (const { info, exact, inner } of this.#decoders) {
      const refused = exact.wrap(exactView, 0, message.length);
      const again = inner.wrap(this.#arena.whole, this.#arena.at, message.length);
      check(refused === again, () => `${info.name}: ${refused?.code} alone, and ${again?.code} within a larger view`);
      if (refused === null) {
        count(this.counts, "accepted");
        this.#arena.poison(POISONS[1]);
        const values = valuesOf(info, exact);
        this.#arena.poison(POISONS[2]);
        check(values === valuesOf(info, inner), () => `${info.name}: values depend on what surrounds the message`);
        this.#arena.poison(POISONS[0]);
      } else {
        check(CODES.has(refused.code), () => `${info.name}: refused as ${refused.code}, which is no code`);
        check(exact.refusedAt >= 0 && exact.refusedAt <= message.length, () => `${info.name}: at ${exact.refusedAt}`);
        count(this.counts, refused.code);
      }
    }
  }

  close(): void {}
}

const NAMES = new Map<object, readonly string[]>();

/** What all getters of a decoder say, as text; those of its groups' entries included. */
export function valuesOf(block: BlockInfo, decoder: object): string {
  const members = decoder as Record<string, unknown>;
  let text = "";
  for (const name of accessorNames(decoder)) {
    const member = members[name];
    if (typeof member !== "function") {
      text += typeof member === "object" ? "" : `${String(member)};`;
      continue;
    }
    const field = block.fields.find((candidate) => candidate.length > 1 && name.startsWith(candidate.name));
    for (let i = 0; i < (field?.length ?? 1); i++) text += `${String(member.call(decoder, i))};`;
  }
  for (const group of block.groups) {
    const entries = members[group.name] as { rewind(): unknown; next(): boolean };
    for (entries.rewind(); entries.next(); ) text += `[${valuesOf(group, entries)}]`;
  }
  return text;
}

function accessorNames(decoder: object): readonly string[] {
  const prototype = Object.getPrototypeOf(decoder) as object;
  let names = NAMES.get(prototype);
  if (names === undefined) {
    const left = ["constructor", "wrap", "check", "locate", "clear"];
    names = Object.keys(Object.getOwnPropertyDescriptors(prototype)).filter((name) => !left.includes(name));
    NAMES.set(prototype, names);
  }
  return names;
}
