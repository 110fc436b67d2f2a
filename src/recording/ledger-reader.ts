import { MessageCursor } from "./message-cursor.ts";
import type { Recording } from "./recording.ts";
import { LEDGER_TOPIC } from "./source-record.ts";

/** Longer texts are no rows. */
const MAX_ROW_BYTES = 64 * 1024;

/** The recorder's account of one epoch of a stream: published = recorded + pending + skipped + all of missing. */
export interface LedgerRow {
  readonly stream: number;
  readonly name: string;
  readonly epoch: string;
  /** True for the last row of the epoch; false if the recorder ended earlier. */
  readonly isFinal: boolean;
  readonly published: number;
  readonly recorded: number;
  /** Accepted, but not yet on the disk. */
  readonly pending: number;
  readonly skipped: number;
  readonly missing: Readonly<Record<string, number>>;
  /** Seq of the first recorded frame; null if there is none, and in files of a flight recorder. */
  readonly first: number | null;
}

/** The last row of each stream and epoch, or the first one. */
export function readLedger(
  recordings: readonly Pick<Recording, "window" | "index">[],
  which: "first" | "last" = "last",
): readonly LedgerRow[] {
  const rows = new Map<string, LedgerRow>();
  for (const { window, index } of recordings) {
    const ids = [...index.channels.values()].filter(
      ({ topic, messageEncoding }) => topic === LEDGER_TOPIC && messageEncoding === "json",
    );
    if (ids.length === 0) continue;
    const cursor = new MessageCursor(window, index.chunks, new Set(ids.map(({ id }) => id)));
    while (cursor.next()) {
      const { messages, at } = cursor;
      const byteLength = messages?.dataBytes[at] ?? 0;
      if (messages?.window == null || byteLength > MAX_ROW_BYTES) continue;
      const bytes = new Uint8Array(byteLength);
      messages.window.copy(bytes, messages.dataAt[at] as number);
      const row = parseRow(new TextDecoder().decode(bytes));
      if (row === null) continue;
      const key = `${row.stream} ${row.epoch}`;
      if (which === "last" || !rows.has(key)) rows.set(key, row);
    }
  }
  return [...rows.values()];
}

/** Null if the text is no row. */
function parseRow(text: string): LedgerRow | null {
  try {
    const row = JSON.parse(text) as Record<string, unknown>;
    const count = (value: unknown): number => (typeof value === "number" ? value : 0);
    const missing = typeof row.missing === "object" && row.missing !== null ? Object.entries(row.missing) : [];
    if (typeof row.stream !== "number") return null;
    return {
      stream: row.stream,
      name: String(row.name ?? ""),
      epoch: String(row.epoch ?? ""),
      isFinal: row.final === true,
      published: count(row.published),
      recorded: count(row.recorded),
      pending: count(row.pending),
      skipped: count(row.skipped),
      missing: Object.fromEntries(missing.map(([cause, frames]) => [cause, count(frames)])),
      first: typeof row.first === "number" ? row.first : null,
    };
  } catch {
    // A message of another program on our topic.
    return null;
  }
}
