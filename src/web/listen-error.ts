import { messageOf, TensorPoolError } from "../core/errors.ts";
import { type ListenAddress, urlOf } from "./address.ts";

/** The server cannot listen on the address. */
export class ListenError extends TensorPoolError<"address-in-use" | "listen-failed"> {}

export function listenError(address: ListenAddress, error: unknown): ListenError {
  const isTaken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
  const code = isTaken ? "address-in-use" : "listen-failed";
  return new ListenError(code, `cannot listen on ${urlOf(address)}: ${reasonOf(error)}`, { cause: error });
}

function reasonOf(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case "EADDRINUSE":
      return "another process listens there already";
    case "EACCES":
      return messageOf(error);
    default:
      // A name that does not resolve has no error number of its own: Bun reports the previous one.
      return "expected an address of this machine, or a name that has one";
  }
}
