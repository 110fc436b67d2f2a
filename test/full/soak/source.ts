// A live source whose frames differ in size and in every byte. Options: rows, the most rows of a frame.
import { defineSource, type ModuleContext } from "tensorpool";
import { fillPattern } from "./pattern.ts";

const COLUMNS = 64;
const SIZES = 7;

export function source({ options }: ModuleContext) {
  const rows = Number(options["rows"] ?? 16);
  const run = crypto.getRandomValues(new Uint32Array(1))[0] as number;
  const layouts = Array.from({ length: SIZES }, (_, i) => ({
    dtype: "uint32" as const,
    dims: [Math.max(1, Math.floor((rows * (i + 1)) / SIZES)), COLUMNS],
  }));
  let next = 0;
  return defineSource({
    rateHz: 100,
    maxByteLength: rows * COLUMNS * 4,
    get layout() {
      return layouts[next % SIZES] as (typeof layouts)[number];
    },
    fill(values, { n }) {
      fillPattern(values, run, n);
      next++;
    },
  });
}
