import { writeSync } from "node:fs";
import { futexWait } from "../../ffi/futex.ts";
import { AeronConnection } from "../../src/aeron/connection.ts";
import { nativeParker } from "../../src/aeron/native-parker.ts";
import { StopSignals } from "../../src/cli/lifetime/signals.ts";
import { createIdleStrategy } from "../../src/core/idle/index.ts";
import { Scheduler } from "../../src/core/scheduler.ts";
import { DEFAULT_STREAMS } from "../../src/protocol/stream-ids.ts";
import { Consumer } from "../../src/roles/consumer.ts";
import { AllowedBaseDirs } from "../../src/shm/index.ts";
import { STREAM_ID } from "../support/shm.ts";

/** Longer than a test has patience. */
const FOR_EVER_NS = 600e9;

/** A process under test: a consumer that waits for its next frame indefinitely. Arguments: folders of Aeron and of the regions. */
const [, , aeronDir = "", shmDir = ""] = process.argv;

function say(line: object): void {
  // At once: the thread may be about to be blocked.
  writeSync(1, `${JSON.stringify(line)}\n`);
}

const scheduler = new Scheduler({ idle: createIdleStrategy("backoff", nativeParker) });
using _signals = new StopSignals({ onStop: (signal) => scheduler.stop(signal) });
const connection = new AeronConnection({ aeronDir, clientName: "wake subject" });
const consumer = new Consumer(connection, scheduler.clock, {
  streamId: STREAM_ID,
  mode: "stream",
  streams: DEFAULT_STREAMS,
  baseDirs: AllowedBaseDirs.resolve([shmDir]),
  waitForWord: (address, word) => {
    say({ waits: consumer.counters.of.accepted.value });
    return futexWait(address, word, FOR_EVER_NS);
  },
});
scheduler.add(connection, { vital: true });
scheduler.add(consumer, { vital: true });
scheduler.add({
  roleName: "reader",
  doWork: () => consumer.poll((frame) => say({ frame: frame.seq })),
  waitPoint: (nowNs) => consumer.nextFrame.pointAt(nowNs),
});
await scheduler.run();
say({ ended: scheduler.stopReason });
