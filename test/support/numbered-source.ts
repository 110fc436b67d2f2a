import { writeFileSync } from "node:fs";
import type { Place } from "./place.ts";

/** A source for a producer whose frames are filled with the low byte of their number: a torn one shows. */
export function numberedSource(place: Place, dims: readonly number[], rateHz: number): string {
  const path = place.at("numbered.ts");
  writeFileSync(
    path,
    `import { defineSource } from "tensorpool";
export function source() {
  return defineSource({
    layout: { dtype: "uint8", dims: ${JSON.stringify(dims)} },
    rateHz: ${rateHz},
    fill(values, { n }) { values.fill(n & 255); },
  });
}
`,
  );
  return `module:${path}`;
}
