import type { RoleProcess } from "./role-process.ts";

/** Waits for rows after now in which frames were accepted. */
export async function flows(consumer: RoleProcess, frames = 20): Promise<void> {
  consumer.markRows();
  const first = await consumer.row(() => true, "counters");
  const { accepted = 0 } = first.counters;
  await consumer.row((row) => (row.counters.accepted ?? 0) > accepted + frames, "more accepted frames");
}

/** Waits until a producer has claimed so many frames more than its next row says. */
export async function publishes(producer: RoleProcess, frames: number): Promise<void> {
  producer.markRows();
  const { claimed = 0 } = (await producer.row(() => true, "counters")).counters;
  await producer.row((row) => (row.counters.claimed ?? 0) > claimed + frames, `${frames} further frames`);
}
