import { NotFoundError } from "../../core/errors.ts";
import { suggestion } from "../../core/nearest.ts";
import { producedStreams } from "../../observe/deployment-view.ts";
import { listed } from "../inspect/locate.ts";
import { findStreamId, requireStreamText, streamIdOf } from "../observe/find-stream.ts";
import type { ListenValues } from "../specs/common-options.ts";
import { look } from "./look.ts";

/** An existing stream: its id, and its names if known. */
export interface NamedStream {
  readonly streamId: number;
  readonly name: string | null;
  /** The name under which a driver serves it. */
  readonly servedAs?: string | null;
}

/**
 * The id of the stream that `text` names: an id, or the name given by its driver or data source. `what` describes
 * the argument that holds the text. @throws UsageError, NotFoundError
 */
export async function resolveStreamId(values: ListenValues, text: string | undefined, what: string): Promise<number> {
  const wanted = requireStreamText(text, what);
  const id = streamIdOf(wanted);
  if (id !== null) return id;
  const { view } = await look(values, { ask: producedStreams });
  // The name may be the data source's, while the driver serves the stream under another.
  const found = view.streams.find(({ name, servedAs }) => name === wanted || servedAs === wanted);
  return found === undefined ? findStreamId(values, wanted, what) : found.streamId;
}

/** The stream that `text` names. @throws NotFoundError with the list of existing streams and the nearest match */
export function theStream<S extends NamedStream>(text: string, streams: readonly S[]): S {
  const id = streamIdOf(text);
  const found = streams.find(({ streamId, name, servedAs }) =>
    id === null ? name === text || servedAs === text : streamId === id,
  );
  if (found !== undefined) return found;
  const there = streams.map(({ streamId, name }) => (name === null ? String(streamId) : `${streamId} "${name}"`));
  const what = id === null ? `called "${text}"` : text;
  const known = streams.flatMap(({ streamId, name }) => (id === null ? (name ?? []) : String(streamId)));
  const rest = there.length === 0 ? "there are none" : `there are ${listed(there)}`;
  throw new NotFoundError(
    `no stream ${id === null ? "is " : ""}${what}${id === null ? "" : " is there"}: ${rest}${suggestion(text, known)}`,
    {
      found: there.join(", "),
    },
  );
}
