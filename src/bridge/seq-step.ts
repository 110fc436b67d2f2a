import { MAX_SEQ_STEP } from "../protocol/attribute.ts";

/** The step of a part, chosen with `step`, of a stream that has the step `sourceStep`. */
export function combinedStep(sourceStep: number, step: number): number {
  if (sourceStep === 0 || step === 0) return 0;
  let [a, b] = [sourceStep, step];
  while (b !== 0) [a, b] = [b, a % b];
  const common = (sourceStep / a) * step;
  return common > MAX_SEQ_STEP ? 0 : common;
}
