import type { Actor } from "./actor.ts";
import type { MatrixCase } from "./cases.ts";

/** The design says seconds; ten times that is for a machine that is busy with other tests. */
export const RECOVERY_LIMIT_MS = 30_000;
/** The design says about a second. */
const NOTICE_LIMIT_MS = 5000;
/** The design says 100 ms, which `tensorpool bench interference` measures on a quiet machine. */
const WITNESS_LIMIT_MS = 2500;

/** Every claim of a producer that has ended has exactly one outcome. */
function producerSum(actor: Actor): string[] {
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
function consumerSum(consumer: Actor, producers: readonly Actor[]): string[] {
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

/** The sums of all runs, as far as they can be known. `killed`: runs whose last numbers are not. */
export function sums(
  { deployment, moment }: MatrixCase,
  actors: readonly Actor[],
  killed: ReadonlySet<Actor>,
): string[] {
  const producers = actors.filter(({ name }) => name === "producer");
  const consumers = actors.filter(({ name }) => name !== "producer");
  const problems = producers.filter((actor) => !killed.has(actor)).flatMap(producerSum);
  if (producers.some((actor) => killed.has(actor))) return problems;
  // An epoch that ends with a lease takes with it what was under way, without a word about its last frame (W-22).
  if (deployment !== "standalone") return [...problems, ...consumers.flatMap((actor) => noMoreThan(actor, producers))];
  // Only a consumer that was there from the first frame to the last can know of all of them.
  if (moment === "last") return problems;
  const whole = consumers.filter(({ name }) => consumers.filter((other) => other.name === name).length === 1);
  return [...problems, ...whole.flatMap((actor) => consumerSum(actor, producers))];
}

/** Nobody accepts a frame that was never claimed, or one twice. */
function noMoreThan(consumer: Actor, producers: readonly Actor[]): string[] {
  const claimed = producers.reduce((total, { counters }) => total + (counters.claimed ?? 0), 0);
  const { accepted = 0 } = consumer.counters;
  return accepted <= claimed
    ? []
    : [`${consumer.name}: expected at most ${claimed} accepted frames, found ${accepted}`];
}

/** W-21, D-13: within a run, and from one run of a producer to the next. */
export function epochsGrow(actors: readonly Actor[]): string[] {
  const producers = actors.filter(({ name }) => name === "producer").flatMap(({ epochs }) => epochs);
  const sequences = [producers, ...actors.map(({ epochs }) => epochs)];
  return sequences
    .filter((epochs) => epochs.some((epoch, i) => i > 0 && epoch <= (epochs[i - 1] as bigint)))
    .map((epochs) => `expected epochs that grow, found ${epochs.join(", ")}`);
}

/** What the consumers' sink says when a frame is delivered torn, or twice. */
export function deliveries(actors: readonly Actor[]): string[] {
  return actors.flatMap(({ process }) =>
    process.stderrLines.filter((line) => line.startsWith("delivered ")).slice(0, 3),
  );
}

/** A lease that ends is told of once, and so is the one that follows. */
export function leaseTales({ moment }: MatrixCase, actors: readonly Actor[], killed: ReadonlySet<Actor>): string[] {
  if (moment === "last") return [];
  return actors
    .filter((actor) => !killed.has(actor))
    .flatMap(({ name, process }) => {
      const count = (pattern: RegExp): number => process.stderrLines.filter((line) => pattern.test(line)).length;
      const [lost, again] = [count(/the lease on stream .* has ended/), count(/attached to stream .* again/)];
      return lost === again ? [] : [`${name}: lost its lease ${lost} times, and had another one ${again} times`];
    });
}

/** What has to be said, or must not be, when it is hit under load (events of `eventsOf`). */
const SAYINGS: readonly {
  readonly of: RegExp;
  readonly says?: readonly string[];
  readonly saysNot?: readonly string[];
}[] = [
  { of: /^standalone: consumer, SIGSTOP .*, load$/, says: ["consumer: said what it missed"] },
  {
    of: /^standalone: consumer, SIGSTOP 15 s, load$/,
    says: ["consumer: client given up", "consumer: connected again"],
  },
  { of: /^standalone: producer, SIGSTOP 15 s, load$/, says: ["producer: new epoch", "producer: connected again"] },
  {
    of: /: media driver, (kill -9|clean stop), load$|^embedded: driver, (kill -9|clean stop), load$/,
    says: ["producer: media driver gone", "consumer: media driver gone"],
  },
  {
    of: /^standalone: media driver, SIGSTOP 15 s, load$/,
    says: ["producer: media driver silent", "consumer: media driver silent"],
    // The roles themselves were not paused: connecting to a silent driver would have made them wait for it.
    saysNot: ["producer: new epoch", "consumer: owner lost"],
  },
  {
    of: /^(embedded|external): driver, (kill -9|clean stop), load$/,
    says: ["producer: lease lost", "consumer: lease lost", "producer: attached again", "consumer: attached again"],
  },
  { of: /^(embedded|external): driver, SIGSTOP .*, load$/, says: ["driver: was paused"] },
  // Longer than a lease lasts: it returns, fails closed and recovers.
  {
    of: /^(embedded|external): producer, SIGSTOP .*, load$/,
    says: ["producer: lease lost", "producer: attached again", "driver: lease expired"],
    saysNot: ["consumer: lease lost"],
  },
  {
    of: /^(embedded|external): consumer, SIGSTOP .*, load$/,
    says: ["consumer: lease lost", "consumer: attached again", "driver: lease expired"],
    saysNot: ["producer: lease lost", "witness: lease lost"],
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
