// A consumer that tells how long it was without frames: watching-consumer.ts <aeron dir> <shm dir> <stream id>
// Prints a row of JSON every 100 ms, as `tensorpool consumer -o jsonl` does, with the longest silence since the last row.
import { writeSync } from "node:fs";
import type { Agent } from "../../src/core/agent.ts";
import { PeriodicTimer } from "../../src/core/timers.ts";
import { NullSink } from "../../src/io/sinks/null.ts";
import type { SinkFrame } from "../../src/io/types.ts";
import type { Consumer } from "../../src/roles/consumer.ts";
import { SinkPump } from "../../src/roles/sink-pump.ts";
import { RoleSetUp } from "./role-set-up.ts";

const [aeronDir = "", shmDir = "", streamIdText = ""] = process.argv.slice(2);
const ROW_PERIOD_NS = 100e6;
const STDOUT = 1;

class SilenceSink extends NullSink {
  #lastFrameNs = -1;
  #longestNs = 0;

  override accept(_frame: SinkFrame): void {
    const nowNs = Bun.nanoseconds();
    if (this.#lastFrameNs !== -1) this.#longestNs = Math.max(this.#longestNs, nowNs - this.#lastFrameNs);
    this.#lastFrameNs = nowNs;
  }

  /** The longest time without a frame since the last call, the present one included. */
  takeLongestNs(nowNs: number): number {
    const presentNs = this.#lastFrameNs === -1 ? 0 : nowNs - this.#lastFrameNs;
    const longestNs = Math.max(this.#longestNs, presentNs);
    this.#longestNs = 0;
    return longestNs;
  }
}

class RowPrinter implements Agent {
  readonly roleName = "rows";
  readonly #consumer: Consumer;
  readonly #sink: SilenceSink;
  readonly #timer = new PeriodicTimer(ROW_PERIOD_NS);

  constructor(consumer: Consumer, sink: SilenceSink) {
    this.#consumer = consumer;
    this.#sink = sink;
  }

  doWork(nowNs: number): number {
    if (!this.#timer.isDue(nowNs)) return 0;
    const counters = { ...this.#consumer.counters.snapshot(), longestSilenceNs: this.#sink.takeLongestNs(nowNs) };
    writeSync(STDOUT, `${JSON.stringify({ seconds: nowNs / 1e9, counters })}\n`);
    return 0;
  }
}

const setUp = new RoleSetUp(aeronDir, shmDir, { embedded: false });
const { scheduler } = setUp;
process.on("SIGTERM", () => scheduler.stop("SIGTERM"));
const consumer = setUp.addConsumer(Number(streamIdText));
const sink = new SilenceSink();
const onDone = (): void => scheduler.stop("done");
scheduler.add(
  new SinkPump(consumer, sink, { clock: scheduler.clock, count: Number.POSITIVE_INFINITY, once: true, onDone }),
  { vital: true },
);
scheduler.add(new RowPrinter(consumer, sink), { vital: true });
await scheduler.run();
