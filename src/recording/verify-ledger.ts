import type { DecodedFrame } from "./decoded-frame.ts";
import { readLedger } from "./ledger-reader.ts";
import type { Recording } from "./recording.ts";

interface Found {
  frames: number;
  firstSeq: number;
}

/** Frames of a file by stream and epoch, to be compared with the recorder's own account in it. */
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

  /** What does not fit. An epoch whose first frames are in another part is in this one in part only. */
  problems(recording: Pick<Recording, "window" | "index">): string[] {
    return readLedger([recording]).flatMap((row) => {
      const { frames = 0, firstSeq = null } = this.#found.get(`${row.stream} ${row.epoch}`) ?? {};
      if (!row.isFinal || row.first === null) return [];
      const isWhole = firstSeq === row.first;
      if (isWhole ? frames === row.recorded : frames < row.recorded) return [];
      return [
        `the ledger says that ${row.recorded} frames of stream ${row.stream} (epoch ${row.epoch}) were recorded, and ${frames} are in the file`,
      ];
    });
  }
}
