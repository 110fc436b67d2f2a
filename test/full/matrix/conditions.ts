import type { Actor } from "./actor.ts";
import type { MatrixCase } from "./cases.ts";

/** The design says seconds; ten times that is for a machine that is busy with other tests. */
export const RECOVERY_LIMIT_MS = 30_000;
/** The design says about a second. */
const NOTICE_LIMIT_MS = 5000;
/** The design says 100 ms, which `tensorpool bench interference` measures on a quiet machine. */
const WITNESS_LIMIT_MS = 2500;

/** Every claim of a producer that has ended has exactly one outcome. */
export function producerSum(actor: Actor): string[] {
  const { claimed = 0, published = 0 } = actor.counters;
  const unpublished = sum(actor.lost);
  if (claimed === published + unpublished) return [];
  return [`${actor.name}: expected claimed ${claimed} = published ${published} + causes ${unpublished}`];
}

/**
 * What consumers accepted and lost is what their producer claimed. Missing may only be what could not be counted: frames of an
 * epoch that came before it was mapped, which the consumer counts as such, or that found no subscriber. Where an epoch ended
 * without a word about its last frame, those that its producer could not publish are counted there alone.
 */
export function consumerSum(consumer: Actor, producers: readonly Actor[]): string[] {
  const claimed = producers.reduce((total, { counters }) => total + (counters.claimed ?? 0), 0);
  const { accepted = 0, unmapped = 0, foreignEpoch = 0, maps = 0 } = consumer.counters;
  const unheard = producers.reduce((total, { counters, lost }) => {
    if (maps > 1) return total + sum(lost);
    return total + (counters.descriptorNotConnected ?? 0) + (counters.descriptorClosed ?? 0);
  }, 0);
  const seen = accepted + sum(consumer.lost);
  const unseen = claimed - seen;
  if (unseen >= 0 && unseen <= unheard + unmapped + foreignEpoch) return [];
  return [
    `${consumer.name}: expected claimed ${claimed} = accepted ${accepted} + lost ${sum(consumer.lost)} + ` +
      `at most (unmapped ${unmapped}, foreign epoch ${foreignEpoch}, not published ${unheard}); ${unseen} are not accounted for`,
  ];
}

/** What has to be said, or must not be, when it is hit under load (events of `eventsOf`). */
const SAYINGS: readonly {
  readonly of: RegExp;
  readonly says?: readonly string[];
  readonly saysNot?: readonly string[];
}[] = [
  { of: /^consumer, SIGSTOP .*, load$/, says: ["consumer: said what it missed"] },
  { of: /^consumer, SIGSTOP 15 s, load$/, says: ["consumer: client given up", "consumer: connected again"] },
  { of: /^producer, SIGSTOP 15 s, load$/, says: ["producer: new epoch", "producer: connected again"] },
  { of: /^media driver, (kill -9|clean stop), load$/, says: ["producer: driver died", "consumer: driver died"] },
  {
    of: /^media driver, SIGSTOP 15 s, load$/,
    says: ["producer: driver silent", "consumer: driver silent"],
    // The roles themselves did not stand still: connecting to a silent driver would have made them wait for it.
    saysNot: ["producer: new epoch", "consumer: owner lost"],
  },
];

export function sayings({ name }: MatrixCase, events: readonly string[]): string[] {
  const said = (text: string): boolean => events.some((event) => event.startsWith(text));
  return SAYINGS.filter(({ of }) => of.test(name)).flatMap(({ says = [], saysNot = [] }) => [
    ...says.filter((text) => !said(text)).map((text) => `expected "${text}", and it was not said`),
    ...saysNot.filter(said).map((text) => `"${text}" was said, and should not have been`),
  ]);
}

/** Limits of the figures, far beyond what they should be. */
export function limits(figures: {
  readonly recoveryMs: Readonly<Record<string, number>>;
  readonly noticedMs: Readonly<Record<string, number>>;
  readonly witnessOutageMs: number | null;
}): string[] {
  const { recoveryMs, noticedMs, witnessOutageMs } = figures;
  return [
    ...beyond(recoveryMs, RECOVERY_LIMIT_MS, "to recover"),
    ...beyond(noticedMs, NOTICE_LIMIT_MS, "to notice the media driver's death"),
    ...(witnessOutageMs === null ? [] : beyond({ witness: witnessOutageMs }, WITNESS_LIMIT_MS, "between two frames")),
  ];
}

function beyond(figures: Readonly<Record<string, number>>, limitMs: number, what: string): string[] {
  return Object.entries(figures)
    .filter(([, ms]) => !(ms <= limitMs))
    .map(([name, ms]) => `${name}: expected at most ${limitMs} ms ${what}, found ${ms.toFixed(0)}`);
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
