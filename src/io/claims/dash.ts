import { type OptionPlace, optionError } from "../spec.ts";

/** Claims use standard input and output only: both belong to one peer. @throws OptionError */
export function requireDash(path: string, place: OptionPlace): void {
  if (path === "-") return;
  throw optionError(place, `expected claims:-, found "claims:${path}": claims go over standard input and output`, {
    expected: "claims:-",
    found: `claims:${path}`,
  });
}
