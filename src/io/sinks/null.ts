import type { SinkKind } from "../spec.ts";
import { optionError, SINK } from "../spec.ts";
import type { Sink, SinkFrame } from "../types.ts";

/** Accepts frames and discards them: measures the cost of everything else. */
export class NullSink implements Sink {
  readonly description = "null";
  readonly needsAttributes = false;
  readonly hasRoom = true;
  readonly closedByReader = false;
  readonly takesAll = true;
  readonly drained = true;
  #frames = 0;

  accept(_frame: SinkFrame): void {}

  settle(intact: boolean): void {
    if (intact) this.#frames++;
  }

  doWork(_nowNs: number): number {
    return 0;
  }

  summary(): readonly string[] {
    return [`dropped into null: ${this.#frames} frames`];
  }

  async close(): Promise<void> {}
}

export const nullSink: SinkKind = {
  name: "null",
  usage: "null",
  summary: ["discards frames"],
  parse(rest) {
    if (rest !== "") throw optionError(SINK, `expected null, found "null:${rest}"`, { found: rest });
    return { usesStdout: false, open: async () => new NullSink() };
  },
};
