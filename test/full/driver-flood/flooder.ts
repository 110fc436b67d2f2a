// A client that sends a driver what it must not accept, as fast as the driver reads it.
import { NativeBuffer } from "../../../ffi/memory.ts";
import { AeronConnection } from "../../../src/aeron/connection.ts";
import { isPassing } from "../../../src/aeron/outbox.ts";
import { PublishResult } from "../../../src/aeron/results.ts";
import { DEFAULT_STREAMS } from "../../../src/protocol/stream-ids.ts";
import { Random } from "../fuzz/random.ts";
import { argumentOf, tell, turn } from "../support/subject.ts";
import { type Cause, FloodMessages } from "./flood-messages.ts";

export interface FloodOptions {
  readonly aeronDir: string;
  readonly count: number;
  readonly seed: number;
}

/** How many messages were sent, by what the driver has to make of them. */
export type FloodCounts = Partial<Record<Cause, number>>;

const BUFFER_BYTES = 4096;
const MESSAGES_PER_TURN = 256;

const { aeronDir, count, seed } = argumentOf<FloodOptions>();
const connection = new AeronConnection({ aeronDir, clientName: "flooder" });
// Aeron's own time-outs: with ours, a reader that is slower than this would be left behind, and messages would go unread.
const publication = connection.addPublication(
  `${DEFAULT_STREAMS.channel}?term-length=64k`,
  DEFAULT_STREAMS.controlStreamId,
);
const buffer = new NativeBuffer(BUFFER_BYTES);
const messages = new FloodMessages();
const random = new Random(seed);
const counts: FloodCounts = {};

while (!publication.isConnected) {
  connection.doWork(Bun.nanoseconds());
  await turn();
}
for (let sent = 0; sent < count; ) {
  const { bytes, cause } = messages.next(random);
  buffer.bytes.set(bytes);
  let result = publication.publish(buffer.address, bytes.length);
  while (isPassing(result)) {
    connection.doWork(Bun.nanoseconds());
    await turn();
    result = publication.publish(buffer.address, bytes.length);
  }
  if (result !== PublishResult.PUBLISHED) throw new Error(`expected to send message ${sent}, found result ${result}`);
  counts[cause] = (counts[cause] ?? 0) + 1;
  sent++;
  if (sent % MESSAGES_PER_TURN === 0) connection.doWork(Bun.nanoseconds());
}
tell(counts);
connection.onClose();
