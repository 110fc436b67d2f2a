import { OptionError, UsageError } from "../../core/errors.ts";
import { type ListenAddress, parseListenAddress } from "../../web/address.ts";

/** Parses the address of an option. @throws OptionError */
export function listenAddress(option: string, text: string): ListenAddress {
  try {
    return parseListenAddress(text);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new OptionError(option, error.message, { found: text, cause: error });
  }
}
