import { OptionError } from "../../core/errors.ts";

/** A placeholder for the stream id of a role with one stream; it is never read. */
const SOME_STREAM = 10_000;

/** Values of a role with several streams, in the form that the role runtime takes: `stream` is a placeholder. */
export type ManyStreamsValues<Values> = Omit<Values, "stream"> & { readonly stream: number };

/** @throws OptionError for a client id unless there is exactly one lease: each stream and direction needs its own */
export function manyStreamsValues<Values extends { readonly clientId?: number | undefined }>(
  values: Values,
  leases: number,
): ManyStreamsValues<Values> {
  if (values.clientId !== undefined && leases !== 1) {
    throw new OptionError("clientId", "each stream needs its own lease, with its own client id: leave it out");
  }
  return { ...values, stream: SOME_STREAM };
}
