import { UsageError } from "../../core/errors.ts";
import type { OptionValues } from "../option-spec.ts";

/** The token of administrative requests (D-20): --token, or the driver's own setting. @throws UsageError without one */
export function tokenOption(command: string, options: OptionValues): string {
  const token = options.text("token");
  if (token !== undefined && token !== "") return token;
  throw new UsageError(
    `${command} needs the driver's token, which is policies.shutdown_token in its settings: pass --config FILE with it, ` +
      "POLICIES_SHUTDOWN_TOKEN, or --token",
    { expected: "the driver's token" },
  );
}
