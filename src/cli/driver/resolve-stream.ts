import { NotFoundError } from "../../core/errors.ts";
import { suggestion } from "../../core/nearest.ts";
import { producedStreams } from "../../observe/deployment-view.ts";
import { listed } from "../inspect/locate.ts";
import { findStreamId, requireStreamText, streamIdOf } from "../observe/find-stream.ts";
import type { ListenValues } from "../specs/common-options.ts";
import { look } from "./look.ts";

/** A stream that is there: its id, and what it is called, as far as that is known. */
export interface NamedStream {
  readonly streamId: number;
  readonly name: string | null;
  /** Another name of it. */
  readonly servedAs?: string | null;
}

/**
 * The id of the stream that `text` means: itself, or that of the stream which a driver, or its data source, calls so. `what` is
 * how the text was given. @throws UsageError, NotFoundError
 */
export async function resolveStreamId(values: ListenValues, text: string | undefined, what: string): Promise<number> {
  const wanted = requireStreamText(text, what);
  const id = streamIdOf(wanted);
  if (id !== null) return id;
  const { view } = await look(values, { ask: producedStreams });
  // What a driver calls otherwise may be the name of the data source.
  const found = view.streams.find(({ name, servedAs }) => name === wanted || servedAs === wanted);
  return found === undefined ? findStreamId(values, wanted, what) : found.streamId;
}

/** The one that `text` means. @throws NotFoundError with those that are there, and the nearest */
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
