import { type Scene, simulateScene } from "./batch.ts";

/** Leaves faults out of a failing schedule for as long as it fails, and prints what is left. */
export async function minimize(scene: Scene, seed: number): Promise<number> {
  const first = await simulateScene(scene, { seed });
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
      const { failure } = await simulateScene(scene, { seed, without });
      if (failure === null) without.delete(index);
      else hasShrunk = true;
    }
  }
  const { failure } = await simulateScene(scene, { seed, without, trace: (line) => process.stdout.write(`${line}\n`) });
  console.log(`${first.faults - without.size} of ${first.faults} faults are needed. FAILED: ${failure}`);
  return 1;
}
