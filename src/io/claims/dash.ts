import { UsageError } from "../../core/errors.ts";

/** Claims go over standard input and output only: both ends belong to one peer. @throws UsageError */
export function requireDash(path: string, option: string): void {
  if (path === "-") return;
  throw new UsageError(
    `${option}: expected claims:-, found "claims:${path}": claims go over standard input and output`,
    {
      expected: "claims:-",
      found: `claims:${path}`,
    },
  );
}
