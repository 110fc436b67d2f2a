/**
 * Runs cases by their seeds in a process of its own, so that a crash is one of this process. A case that failed is made again by
 *   node_modules/.bin/bun test/full/fuzz/subject.ts '{"kind":"headers","seed":123,"count":1}'
 */
import { argumentOf, tell } from "../support/subject.ts";
import { BridgeCases } from "./bridge-cases.ts";
import { HandlerCases } from "./handler-cases.ts";
import { HeaderCases } from "./header-cases.ts";
import { MessageCases } from "./message-cases.ts";
import { RegionFileCases, SuperblockCases } from "./region-cases.ts";
import type { Counts } from "./tally.ts";

export type CaseKind = keyof typeof CASES;

export interface FuzzArgument {
  readonly kind: CaseKind;
  /** Of the first case; each further one has the next. */
  readonly seed: number;
  readonly count: number;
}

/** What a subject tells. */
export type FuzzRow =
  | { readonly at: number }
  | { readonly failedSeed: number; readonly reason: string }
  | { readonly counts: Counts; readonly seconds: number };

interface Cases {
  readonly counts: Counts;
  /** @throws anything, when the case shows a fault */
  run(seed: number): void;
  close(): void;
}

const CASES = {
  messages: () => new MessageCases(),
  handlers: () => new HandlerCases(),
  bridge: () => new BridgeCases(),
  superblocks: () => new SuperblockCases(),
  headers: () => new HeaderCases(),
  "region files": () => new RegionFileCases(),
} satisfies Record<string, () => Cases>;

/** A crash tells nothing by itself: how far the cases were is told before it. */
const CASES_PER_ROW = 1000;

const { kind, seed, count } = argumentOf<FuzzArgument>();
const startNs = Bun.nanoseconds();
const cases: Cases = CASES[kind]();
let failed = false;
for (let i = 0; i < count && !failed; i++) {
  if (i % CASES_PER_ROW === 0) tell({ at: seed + i } satisfies FuzzRow);
  try {
    cases.run(seed + i);
  } catch (error) {
    failed = true;
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    tell({ failedSeed: seed + i, reason } satisfies FuzzRow);
  }
}
cases.close();
if (!failed) tell({ counts: cases.counts, seconds: (Bun.nanoseconds() - startNs) / 1e9 } satisfies FuzzRow);
process.exit(failed ? 1 : 0);
