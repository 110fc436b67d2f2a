import { OptionError } from "../../core/errors.ts";

/** What a role with one stream would have; nothing is read from it. */
const SOME_STREAM = 10_000;

/** The values of a role with several streams, as the runtime of a role takes them: with a stream that stands for none. */
export type ManyStreamsValues<Values> = Omit<Values, "stream"> & { readonly stream: number };

/** @throws OptionError for a client id, unless there is one lease: each stream on each way has one of its own */
export function manyStreamsValues<Values extends { readonly clientId?: number | undefined }>(
  values: Values,
  leases: number,
): ManyStreamsValues<Values> {
  if (values.clientId !== undefined && leases !== 1) {
    throw new OptionError("clientId", "each stream needs its own lease, with its own client id: leave it out");
  }
  return { ...values, stream: SOME_STREAM };
}
