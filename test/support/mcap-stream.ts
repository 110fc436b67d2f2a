import { readFileSync } from "node:fs";
import { McapStreamReader } from "@mcap/core";
import type { LedgerRow } from "../../src/recorder/epoch-account.ts";

export interface StreamedFile {
  /** Values of each frame: the last bytes of its message. */
  readonly frames: readonly { readonly topic: string; readonly sequence: number; readonly data: Uint8Array }[];
  readonly ledger: readonly LedgerRow[];
  readonly events: readonly string[];
  /** True when the file ends as it should. */
  readonly isComplete: boolean;
}

/** What @mcap/core reads of a file from its beginning, also of one that was cut. */
export function streamFile(path: string): StreamedFile {
  const reader = new McapStreamReader();
  reader.append(readFileSync(path));
  const topics = new Map<number, string>();
  const file = { frames: [] as StreamedFile["frames"][number][], ledger: [] as LedgerRow[], events: [] as string[] };
  let isComplete = false;
  for (let record = reader.nextRecord(); record !== undefined; record = reader.nextRecord()) {
    if (record.type === "Channel") topics.set(record.id, record.topic);
    else if (record.type === "Footer") isComplete = true;
    else if (record.type === "Message") {
      const topic = topics.get(record.channelId) ?? "";
      if (topic === "/tensorpool/ledger") file.ledger.push(JSON.parse(new TextDecoder().decode(record.data)));
      else if (topic === "/tensorpool/events")
        file.events.push(JSON.parse(new TextDecoder().decode(record.data)).message);
      else file.frames.push({ topic, sequence: record.sequence, data: record.data });
    }
  }
  return { ...file, isComplete };
}

/** Fails unless each frame holds the low byte of its seq `byteLength` times: none is torn, or another. */
export function requireNumberedFrames({ frames }: StreamedFile, byteLength: number): void {
  let last = -1;
  for (const { sequence, data } of frames) {
    const values = data.subarray(data.length - byteLength);
    const wrong = values.findIndex((byte) => byte !== (sequence & 255));
    if (wrong !== -1) throw new Error(`frame ${sequence} has ${values[wrong]} at ${wrong}`);
    if (sequence <= last) throw new Error(`frame ${sequence} follows ${last}`);
    last = sequence;
  }
}
