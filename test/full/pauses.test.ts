import { expect, test } from "bun:test";
import { join } from "node:path";
import { NativeBuffer } from "../../ffi/memory.ts";
import { controlPublicationChannel, observerChannel } from "../../src/aeron/channel.ts";
import { AeronConnection } from "../../src/aeron/connection.ts";
import type { AeronCounter } from "../../src/aeron/counter.ts";
import { CountersReader } from "../../src/aeron/counters-reader.ts";
import { MediaDriver } from "../../src/aeron/media-driver.ts";
import { RoleProcess } from "../support/role-process.ts";
import { TemporaryDirectory } from "../support/shm.ts";
import { elapse, until } from "../support/until.ts";
import { Random } from "./fuzz/random.ts";

const SUBJECTS = 10;
const ROUNDS = 20;
const CLIENT_LIVENESS_NS = 2e9;
/** Longer than the driver waits for a client, and than it keeps ids of counters from being given out again. */
const PAUSE_MS = 2300;
const TYPE_ID = 30_000;
const FIRST_VALUE = 0x0100_0000;
/** Enough that whatever a client that was given up had is the checker's soon. */
const COUNTERS = 120;
const COUNTERS_A_TURN = 10;
const STREAM_ID = 7_900;

/** Has counters made and removed all the time, and a stream of its own; finds whatever another client stores into them. */
class Checker {
  readonly connection: AeronConnection;
  readonly #reader: CountersReader;
  readonly #counters: { readonly counter: AeronCounter; readonly value: number }[] = [];
  readonly findings: string[] = [];
  received = 0;
  #next = 0;
  readonly #step: () => void;

  constructor(aeronDir: string) {
    this.connection = new AeronConnection({ aeronDir, clientName: "checker" });
    this.#reader = CountersReader.open(aeronDir);
    const publication = this.connection.addPublication(controlPublicationChannel("aeron:ipc"), STREAM_ID);
    const subscription = this.connection.addSubscription(
      observerChannel("aeron:ipc"),
      STREAM_ID,
      () => this.received++,
    );
    const message = new NativeBuffer(4);
    this.#step = () => {
      publication.publish(message.address, 4);
      subscription.poll(16);
    };
  }

  doWork(): void {
    const key = new Uint8Array(8);
    this.connection.doWork(Bun.nanoseconds());
    this.#step();
    if (!this.connection.isReady) return;
    for (let i = 0; i < COUNTERS_A_TURN; i++) {
      const value = FIRST_VALUE + this.#next++;
      this.#counters.push({ counter: this.connection.addCounter(TYPE_ID, key, `checker ${value}`), value });
      if (this.#counters.length > COUNTERS)
        this.connection.remove((this.#counters.shift() as { counter: AeronCounter }).counter);
    }
    for (const { counter, value } of this.#counters) counter.set(value);
  }

  /** Every counter of the checker holds its own value, or none yet. */
  look(): void {
    for (const { label, value } of this.#reader.snapshot((typeId) => typeId === TYPE_ID)) {
      if (value !== 0n && label !== `checker ${value}`) this.findings.push(`${label} holds ${value}`);
    }
  }

  close(): void {
    this.#reader.close();
    this.connection.onClose();
  }
}

test("clients that are paused at 200 random instants, until their counters are others', store nothing into them", async () => {
  const seed = (Math.random() * 2 ** 31) | 0;
  const random = new Random(seed);
  using directory = new TemporaryDirectory();
  const aeronDir = directory.at("aeron");
  // As impatient as no driver of ours is: it gives ids out again after 20 ms, not after a minute.
  const driver = MediaDriver.start({
    aeronDir,
    threading: "shared",
    clientLivenessNs: CLIENT_LIVENESS_NS,
    counterReuseNs: 20e6,
  });
  const checker = new Checker(aeronDir);
  let isOver = false;
  const work = (async () => {
    while (!isOver) {
      checker.doWork();
      await Bun.sleep(1);
    }
  })();
  const script = join(import.meta.dir, "pauses", "subject.ts");
  const subjects = Array.from(
    { length: SUBJECTS },
    (_, i) => new RoleProcess([process.execPath, script, aeronDir, String(7000 + 10 * i)]),
  );
  try {
    for (let round = 0; round < ROUNDS; round++) {
      await Promise.all(subjects.map((subject) => subject.errorLines(/^at work/, round + 1)));
      for (const subject of subjects) {
        await elapse(random.below(3));
        subject.signal("SIGSTOP");
      }
      await elapse(PAUSE_MS);
      checker.look();
      for (const subject of subjects) subject.signal("SIGCONT");
      const { received } = checker;
      await until(
        () => checker.received > received + 10,
        () => `the checker's own stream to flow in round ${round} (seed ${seed}): ${checker.received} messages`,
      );
      checker.look();
      expect(checker.findings).toEqual([]);
    }
    expect(checker.connection.renewals).toBe(0);
  } finally {
    await Promise.all(subjects.map((subject) => subject.destroy()));
    isOver = true;
    await work;
    checker.close();
    driver.onClose();
  }
}, 300_000);
