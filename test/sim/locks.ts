import { LockFileError } from "../../src/aeron/lock-file.ts";
import type { OwnerKind, StreamOwner } from "../../src/aeron/service-locks.ts";
import type { OwnerLocks, OwnerLockTable } from "../../src/roles/ports.ts";
import type { SimProcess } from "./process.ts";

interface Held {
  readonly process: SimProcess;
  readonly kind: OwnerKind;
}

/** The lock file of an Aeron folder: what a process holds ends with it, whatever ends it. */
export class SimLocks {
  /** True in a world whose lock file no process may read: owners find each other by their announces alone. */
  isUnreadable = false;
  readonly #controlStreams = new Map<number, SimProcess>();
  readonly #streams = new Map<number, Held>();

  ofProcess(process: SimProcess): OwnerLockTable {
    return {
      open: () => this.#open(process),
      isServed: (_aeronDir, controlStreamId) => this.#controlStreams.has(controlStreamId),
      ownerOf: (_aeronDir, streamId): StreamOwner | null => {
        const held = this.#streams.get(streamId);
        return held === undefined ? null : { kind: held.kind, pid: held.process.pid };
      },
    };
  }

  processEnded(process: SimProcess): void {
    for (const [id, holder] of this.#controlStreams) if (holder === process) this.#controlStreams.delete(id);
    for (const [id, held] of this.#streams) if (held.process === process) this.#streams.delete(id);
  }

  /** What a process holds, in words. */
  heldBy(process: SimProcess): readonly string[] {
    const controls = [...this.#controlStreams].filter(([, holder]) => holder === process);
    const streams = [...this.#streams].filter(([, held]) => held.process === process);
    return [...controls.map(([id]) => `control stream ${id}`), ...streams.map(([id]) => `stream ${id}`)];
  }

  #open(process: SimProcess): OwnerLocks {
    process.step("open the lock file");
    if (this.isUnreadable) throw new LockFileError("no-access", "the lock file may not be read");
    const controls = new Set<number>();
    const streams = new Set<number>();
    return {
      tryControlStream: (id) => {
        process.step("lock the control stream");
        if (this.#controlStreams.has(id)) return false;
        this.#controlStreams.set(id, process);
        controls.add(id);
        return true;
      },
      tryStream: (id, kind) => {
        process.step("lock a stream");
        if (this.#streams.has(id)) return false;
        this.#streams.set(id, { process, kind });
        streams.add(id);
        return true;
      },
      releaseStream: (id) => {
        if (streams.delete(id) && !process.isDead) this.#streams.delete(id);
      },
      close: () => {
        if (process.isDead) return;
        for (const id of controls) this.#controlStreams.delete(id);
        for (const id of streams) this.#streams.delete(id);
        controls.clear();
        streams.clear();
      },
    };
  }
}
