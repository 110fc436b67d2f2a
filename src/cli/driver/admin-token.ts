import { UsageError } from "../../core/errors.ts";
import type { OptionValues } from "../option-spec.ts";

/** The token of administrative requests (D-20): --token, or the driver's own setting. @throws UsageError without one */
export function tokenOption(command: string, options: OptionValues): string {
  const token = options.text("token");
  if (token !== undefined && token !== "") return token;
  const expected = "the driver's token: POLICIES_SHUTDOWN_TOKEN, policies.shutdown_token in --config FILE, or --token";
  throw new UsageError(`${command}: expected ${expected}; found none`, { expected });
}
