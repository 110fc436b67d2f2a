import type { RoleProcess } from "./role-process.ts";

/** Waits for rows after now in which frames were accepted. */
export async function flows(consumer: RoleProcess, frames = 20): Promise<void> {
  consumer.markRows();
  const first = await consumer.row(() => true, "counters");
  const { accepted = 0 } = first.counters;
  await consumer.row((row) => (row.counters.accepted ?? 0) > accepted + frames, "more accepted frames");
}
