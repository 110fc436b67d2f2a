import { expect } from "bun:test";
import { Place } from "../../support/place.ts";
import { figures } from "../support/figures.ts";
import { Subject } from "../support/subject.ts";
import type { ConsumerReport } from "./consumer.ts";
import { planOf } from "./plan.ts";
import type { ProducerReport, RandomFramesArgument } from "./producer.ts";

export interface RandomFramesOutcome {
  readonly frames: number;
  readonly producer: ProducerReport;
  readonly consumer: ConsumerReport;
}

/** Runs a producer and a consumer as two processes, with a media driver as a third. */
export async function runRandomFrames(seed: number, frames: number): Promise<RandomFramesOutcome> {
  console.log(`random frames: ${frames} from seed ${seed}`);
  await using place = new Place();
  await place.mediaDriver();
  const argument: RandomFramesArgument = { aeronDir: place.aeronDir, shmDir: place.shmDir, seed, frames };
  await using producer = new Subject<ProducerReport>("test/full/random-frames/producer.ts", argument);
  await using consumer = new Subject<ConsumerReport>("test/full/random-frames/consumer.ts", argument);
  const [consumed, produced] = await Promise.all([consumer.next(), producer.next()]);
  for (const subject of [producer, consumer]) {
    if ((await subject.end()).exitCode !== 0) throw new Error(await subject.explain("expected exit code 0"));
  }
  return { frames, producer: produced, consumer: consumed };
}

/** Frames equal on both sides, and all numbers add up. */
export function expectAllAccountedFor(seed: number, { frames, producer, consumer }: RandomFramesOutcome): void {
  expect({ different: consumer.different, first: consumer.firstDifference }).toEqual({ different: 0, first: "" });
  const planned = { aborted: 0, refused: 0, tooLarge: 0 };
  for (let seq = 0; seq < frames; seq++) {
    const plan = planOf(seed, seq);
    const isAborted = plan.isAborted && seq !== frames - 1;
    if (isAborted) planned.aborted++;
    else if (plan.isRefused) planned.refused++;
    if (plan.followsTooLarge) planned.tooLarge++;
  }
  const made = producer.counters;
  const read = consumer.counters;
  // Nothing is lost on the way: what was not accepted is what the plan says, each under its cause.
  expect(made).toMatchObject({ claimed: frames, aborted: planned.aborted, published: frames - planned.aborted });
  // An offer may come again for a frame that had to wait.
  expect(made["noPool"]).toBe(producer.tooLarge);
  expect(producer.tooLarge).toBeGreaterThanOrEqual(planned.tooLarge);
  expect(read).toMatchObject({ gap: planned.aborted, sinkRefused: planned.refused, changed: 0, overwritten: 0 });
  expect(read["accepted"]).toBe(frames - planned.aborted - planned.refused);
  expect((read["accepted"] ?? 0) + consumer.lost).toBe(made["claimed"] ?? 0);
}

export function randomFramesTable({ producer, consumer }: RandomFramesOutcome): string {
  const { counters, seconds, lost } = consumer;
  const accepted = counters["accepted"] ?? 0;
  return figures("random frames", [
    {
      claimed: producer.counters["claimed"] ?? 0,
      accepted,
      aborted: counters["gap"] ?? 0,
      refused: counters["sinkRefused"] ?? 0,
      "all causes": lost,
      "no pool": producer.counters["noPool"] ?? 0,
      "waits of the producer": producer.counters["waits"] ?? 0,
      "MB accepted": (counters["bytes"] ?? 0) / 1e6,
      seconds,
      "frames/s": accepted / seconds,
    },
  ]);
}
