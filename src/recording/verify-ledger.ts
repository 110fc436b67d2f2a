import type { DecodedFrame } from "./decoded-frame.ts";
import { type LedgerRow, readLedger } from "./ledger-reader.ts";
import type { Recording } from "./recording.ts";

interface Found {
  frames: number;
  firstSeq: number;
}

/** Counts a file's frames by stream and epoch, for comparison with the recorder's own account in it. */
export class LedgerCheck {
  readonly #found = new Map<string, Found>();
  #last: Found | null = null;
  readonly #lastOf = { streamId: 0, epoch: -1n };

  add({ streamId, epoch, seq }: DecodedFrame): void {
    if (this.#last === null || this.#lastOf.streamId !== streamId || this.#lastOf.epoch !== epoch) {
      const key = `${streamId} ${epoch}`;
      const found = this.#found.get(key) ?? { frames: 0, firstSeq: seq };
      this.#found.set(key, found);
      this.#last = found;
      this.#lastOf.streamId = streamId;
      this.#lastOf.epoch = epoch;
    }
    this.#last.frames++;
    if (seq < this.#last.firstSeq) this.#last.firstSeq = seq;
  }

  /** The contradictions found. An epoch whose first frames are in another part is only partly in this one. */
  problems(recording: Pick<Recording, "window" | "index">): string[] {
    const firstRows = new Map(readLedger([recording], "first").map((row) => [keyOf(row), row]));
    return readLedger([recording]).flatMap((row) => {
      const { frames = 0, firstSeq = null } = this.#found.get(keyOf(row)) ?? {};
      const { stream, epoch, recorded, first } = row;
      if (first === null) return flightProblems(row, firstRows.get(keyOf(row)) ?? row, frames);
      const isWhole = firstSeq === first;
      // Frames counted in a row come before it; more may follow a row that is not the last.
      if (row.isFinal ? (isWhole ? frames === recorded : frames < recorded) : !isWhole || frames >= recorded) return [];
      return [
        `the ledger says that ${recorded} frames of stream ${stream} (epoch ${epoch}) were recorded, and ${frames} are in the file`,
      ];
    });
  }
}

function keyOf({ stream, epoch }: LedgerRow): string {
  return `${stream} ${epoch}`;
}

/**
 * For a flight recorder, whose rows count the frames of all its files: a file's first row belongs to its trigger. If the epoch began later,
 * frames came before that row, and more of them may be present.
 */
function flightProblems({ stream, epoch, recorded }: LedgerRow, first: LedgerRow, frames: number): string[] {
  const expected = recorded - first.recorded;
  if (frames >= expected && frames <= recorded) return [];
  return [
    `the ledger says that ${expected} frames of stream ${stream} (epoch ${epoch}) were recorded since the trigger, and ${frames} are in the file`,
  ];
}
