import { UsageError } from "../../core/errors.ts";
import type { AdminValues } from "../specs/driver-tools.ts";

/** The token of administrative requests (D-20): --token, or the driver's own setting. @throws UsageError without one */
export function tokenOption(command: string, { token }: AdminValues): string {
  if (token !== undefined && token !== "") return token;
  throw new UsageError(
    `${command} needs the driver's token, which is policies.shutdown_token in its settings: pass --config FILE with it, ` +
      "POLICIES_SHUTDOWN_TOKEN, or --token",
    { expected: "the driver's token" },
  );
}
