import { simulate } from "./simulate.ts";

/** Leaves faults out of a failing schedule for as long as it fails, and prints what is left. */
export async function minimize(seed: number): Promise<number> {
  const first = await simulate({ seed });
  if (first.failure === null) {
    console.log(`seed ${seed} does not fail`);
    return 0;
  }
  const without = new Set<number>();
  let hasShrunk = true;
  while (hasShrunk) {
    hasShrunk = false;
    for (let index = 0; index < first.faults; index++) {
      if (without.has(index)) continue;
      without.add(index);
      const { failure } = await simulate({ seed, without });
      if (failure === null) without.delete(index);
      else hasShrunk = true;
    }
  }
  const { failure } = await simulate({ seed, without, trace: (line) => process.stdout.write(`${line}\n`) });
  console.log(`${first.faults - without.size} of ${first.faults} faults are needed. FAILED: ${failure}`);
  return 1;
}
