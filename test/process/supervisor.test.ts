import { describe, expect, test } from "bun:test";
import { Place } from "../support/place.ts";
import { SupervisorProcess } from "../support/supervisor-process.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

const SOURCE = ["--source", "synthetic:pattern=counter,dtype=uint8,dims=64"];

describe("the supervisor beside processes (W-46)", () => {
  test(
    "counts of a consumer that was paused are exact, and the rate is right within 2 %",
    async () => {
      await using place = new Place();
      const supervisor = await SupervisorProcess.start(place);
      const producer = place.producer([...SOURCE, "--rate", "500", "--name", "camera", "--stats-interval", "1"]);
      const consumer = place.consumer(["--stats-interval", "1"]);
      await consumer.row(({ counters }) => (counters.accepted ?? 0) > 500, "500 accepted frames");
      const [before] = await supervisor.consumers();
      await consumer.stop();
      producer.markRows();
      const claimed = (await producer.row(() => true, "counters")).counters.claimed ?? 0;
      // A second and a half at 500 a second; longer on a machine where it falls behind.
      await producer.row((row) => (row.counters.claimed ?? 0) > claimed + 750, "750 further frames");
      consumer.signal("SIGCONT");
      await consumer.row(({ lost }) => lost - (before?.drops.total ?? 0) > 500, "500 lost frames");
      // What the producer itself says of the last three seconds is the truth; it falls behind on a busy machine.
      const right = await supervisor.until(async () => {
        const rows = producer.rows.slice(-4);
        const [first, last] = [rows[0], rows.at(-1)];
        const [stream] = await supervisor.streams();
        if (rows.length < 4 || first === undefined || last === undefined) return undefined;
        const { seconds: from } = first as unknown as { seconds: number };
        const { seconds: to } = last as unknown as { seconds: number };
        const truth = ((last.counters.claimed ?? 0) - (first.counters.claimed ?? 0)) / (to - from);
        const seen = stream?.framesPerSecond ?? 0;
        return Math.abs(seen - truth) <= truth * 0.02 ? { truth, seen } : undefined;
      }, "a rate within 2 % of the producer's own");
      expect(right.truth).toBeGreaterThan(0);
      consumer.signal("SIGTERM");
      expect(await consumer.exit()).toBe(0);
      const { lost, counters } = consumer.lastRow;
      expect(lost).toBeGreaterThan(500);
      const seen = await supervisor.until(
        async () => (await supervisor.consumers()).find(({ drops }) => drops.total >= lost),
        `${lost} drops`,
      );
      const onWire = (...names: readonly string[]): number =>
        names.reduce((sum, name) => sum + (counters[name] ?? 0), 0);
      expect(seen.drops.total).toBe(lost);
      expect(seen.gap.total).toBe(onWire("gap", "resync", "detached"));
      expect(seen.late.total).toBe(onWire("odd", "changed", "identity", "overwritten"));
      producer.signal("SIGTERM");
      expect(await producer.exit()).toBe(0);
      // The last frame is reported when the stream ends.
      const frames = producer.lastRow.counters.claimed ?? 0;
      const stream = await supervisor.until(
        async () => (await supervisor.streams()).find((one) => one.frames === frames),
        `${frames} frames`,
      );
      expect(stream).toMatchObject({ name: "camera", seq: frames - 1 });
    },
    PROCESS_TEST_MS,
  );

  // Side by side with the next: most of both is waiting.
  test.concurrent(
    "a supervisor that was paused reports the pause, and no producer or consumer as lost",
    async () => {
      await using place = new Place();
      const supervisor = await SupervisorProcess.start(place);
      const producer = place.producer([...SOURCE, "--rate", "100", "--stats-interval", "1"]);
      place.consumer();
      const { id } = await supervisor.event("consumer-appeared");
      supervisor.process.signal("SIGSTOP");
      producer.markRows();
      const claimed = (await producer.row(() => true, "counters")).counters.claimed ?? 0;
      // The media driver gives a client up after 10 s, and with it what the client has not read.
      await producer.row((row) => (row.counters.claimed ?? 0) > claimed + 1200, "12 s of frames");
      supervisor.process.signal("SIGCONT");
      await supervisor.process.errorLine(/this process was paused for \d+\.\d s: what happened meanwhile was not seen/);
      place.consumer();
      await supervisor.event("consumer-appeared", id);
      const kinds = (await supervisor.events()).map(({ kind }) => kind);
      expect(kinds).not.toContain("producer-lost");
      expect(kinds).not.toContain("consumer-lost");
    },
    PROCESS_TEST_MS,
  );

  test.concurrent(
    "a slow consumer is told to read every Nth frame by a rule, loses nothing then, and is told to read all again (W-39)",
    async () => {
      await using place = new Place();
      const rule = `{ name = "slow", drop_ratio_above = "5%", for = "2s", mode = "decimated", decimation = 20, restore_after = "3s" }`;
      const supervisor = await SupervisorProcess.start(place, ["--rules", rule]);
      place.producer([...SOURCE, "--rate", "400", "--slots", "128"]);
      // It can take 40 frames a second of the 400: all of every twentieth.
      const consumer = place.consumer(["--delay-per-frame", "25ms", "--stats-interval", "1"]);
      const sent = await supervisor.event("config-sent");
      expect(sent.text).toContain('rule "slow" tells consumer');
      expect(sent.text).toContain("mode decimated, one frame of 20, because it lost");
      await supervisor.event("mode-changed", sent.id);
      // Of the 20, the supervisor hears by its own message, which may come later than the consumer's report.
      await supervisor.until(
        async () =>
          (await supervisor.consumers()).find(({ mode, decimation }) => mode === "decimated" && decimation === 20),
        "one frame of 20",
      );
      const restored = await supervisor.event("config-sent", sent.id);
      expect(restored.text).toMatch(/mode stream, because it was well for 3 s$/);
      const changed = await supervisor.event("mode-changed", restored.id);
      expect(changed.text).toContain("from mode decimated to stream");
      // While it read every twentieth frame it lost none: that it was well was measured, not supposed.
      const rows = consumer.rows.map(({ lost }) => lost);
      expect(rows.some((lost, i) => i > 0 && lost === rows[i - 1] && lost > 0)).toBe(true);
    },
    PROCESS_TEST_MS,
  );

  test(
    "a producer, a consumer and a media driver that are killed are noticed, and so is their coming back",
    async () => {
      await using place = new Place();
      const driver = await place.mediaDriver();
      const supervisor = await SupervisorProcess.start(place, ["--liveness", "3s"]);
      const producer = place.producer([...SOURCE, "--rate", "100"]);
      const consumer = place.consumer();
      await supervisor.event("consumer-appeared");
      consumer.signal("SIGKILL");
      const consumerLost = await supervisor.event("consumer-lost");
      expect(consumerLost.text).toContain("gave no sign of life for 3");
      producer.signal("SIGKILL");
      const lost = await supervisor.event("producer-lost");
      expect(lost).toMatchObject({ severity: "warning", streamId: 10_000 });
      place.producer([...SOURCE, "--rate", "100"]);
      await supervisor.event("producer-back", lost.id);
      await supervisor.event("epoch-changed", lost.id);
      expect(await supervisor.streams()).toEqual([expect.objectContaining({ state: "live", restarts: 1 })]);

      // The producer or the consumer starts another media driver, sooner than anybody is missed.
      driver.signal("SIGKILL");
      await supervisor.process.errorLine(/connected to the media driver .* again/);
      const bytes = async (): Promise<number> => (await supervisor.streams())[0]?.bytes ?? 0;
      const before = await bytes();
      // Frames need a reader.
      place.consumer();
      await supervisor.until(
        async () => ((await bytes()) > before ? true : undefined),
        "the new driver's counters to be read",
      );
      expect(await supervisor.get<unknown>("/readyz")).toEqual({ status: "ready", reason: null });
      supervisor.process.signal("SIGTERM");
      expect(await supervisor.process.exit()).toBe(0);
    },
    PROCESS_TEST_MS,
  );

  test(
    "it brings no media driver, which would be there before the driver's own: it waits for one",
    async () => {
      await using place = new Place();
      const supervisor = await SupervisorProcess.start(place);
      await supervisor.process.errorLine(/no media driver in .*: waiting for one/);
      expect((await fetch(`${supervisor.url}/readyz`)).status).toBe(503);
      const driver = await place.mediaDriver();
      await supervisor.until(
        async () => ((await fetch(`${supervisor.url}/readyz`)).ok ? true : undefined),
        "the supervisor to be ready",
      );
      expect(supervisor.process.stderr).not.toContain("started a media driver");
      driver.signal("SIGTERM");
      expect(await driver.exit()).toBe(0);
    },
    PROCESS_TEST_MS,
  );
});
