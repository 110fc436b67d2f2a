import { NotFoundError, UsageError } from "../../core/errors.ts";
import { suggestion } from "../../core/nearest.ts";
import { formatDuration } from "../../core/units.ts";
import { InterruptedError } from "../exit.ts";
import { listed } from "../inspect/locate.ts";
import type { OptionValues } from "../option-spec.ts";
import { ToolRuntime } from "../tap/tool-runtime.ts";
import type { KnownStream, KnownStreams } from "./known-streams.ts";
import { SEARCH_NS, StreamWatch } from "./stream-watch.ts";

const MAX_STREAM_ID = 0xffff_ffff;
/** Names are US-ASCII on the wire (section 7). */
const NAME = /^[\x20-\x7e]+$/;

/** The stream that a text means, by itself or among those that were heard; null when none is. */
export function streamIdOf(text: string): number | null {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return id >= 1 && id <= MAX_STREAM_ID ? id : null;
}

/** Refuses what can be neither an id nor a name. `what` is how the text was given, e.g. `--stream`. @throws UsageError */
export function requireStreamText(text: string | undefined, what: string): string {
  const expected = `the id of a stream, 1 to ${MAX_STREAM_ID}, or the name of its data source`;
  if (text === undefined) throw new UsageError(`${what}: expected ${expected}, found nothing`, { expected });
  const isNumber = /^-?\d+$/.test(text);
  if (isNumber ? streamIdOf(text) !== null : NAME.test(text)) return text;
  throw new UsageError(`${what}: expected ${expected}, found ${JSON.stringify(text)}`, { expected, found: text });
}

/**
 * The id of the stream that `text` means: itself, or that of the data source with this name, which is asked for on the media
 * driver's streams. `what` is how the text was given.
 * @throws UsageError, NotFoundError with those that are there, InterruptedError
 */
export async function findStreamId(options: OptionValues, text: string, what: string): Promise<number> {
  requireStreamText(text, what);
  const id = streamIdOf(text);
  if (id !== null) return id;
  using runtime = new ToolRuntime(options, "tensorpool find");
  const { scheduler } = runtime;
  let found: readonly KnownStream[] = [];
  const watch = new StreamWatch(runtime.connection, {
    streams: runtime.streams,
    wanted: [text],
    onNews: () => {
      found = watch.known.find(text);
      if (found.length > 0) scheduler.stop("found");
    },
    onSearched: () => scheduler.stop("the time is over"),
  });
  scheduler.add(watch, { vital: true });
  await scheduler.run();
  if (runtime.signals.received !== null) throw new InterruptedError(runtime.signals.exitCode(0));
  return theOne(text, found, watch.known).streamId;
}

/** The only one of those that were found. @throws NotFoundError for none, UsageError for several */
export function theOne(text: string, found: readonly KnownStream[], known: KnownStreams): KnownStream {
  const [stream, second] = found;
  if (stream === undefined) throw unknownStream(text, known);
  if (second === undefined) return stream;
  const ids = found.map(({ streamId }) => String(streamId));
  throw new UsageError(`"${text}": expected the name of one stream, found that of ${listed(ids)}: give the id`, {
    found: ids.join(", "),
  });
}

/** Nobody has said anything of the stream: with those of which something was said. */
export function unknownStream(text: string, known: KnownStreams, searchedNs = SEARCH_NS): NotFoundError {
  const streams = known.list();
  const names = streams.flatMap(({ name }) => (name === null ? [] : [name]));
  const ids = streams.map(({ streamId }) => String(streamId));
  const there = streams.map(({ streamId, name }) => (name === null ? String(streamId) : `${streamId} "${name}"`));
  const heard = there.length === 0 ? "no stream was heard" : `the streams that were heard are ${listed(there)}`;
  const hint = suggestion(text, streamIdOf(text) === null ? names : ids);
  return new NotFoundError(
    `no stream ${streamIdOf(text) === null ? `is called "${text}"` : text} within ${formatDuration(searchedNs)}: ${heard}${hint}`,
    { found: there.join(", ") },
  );
}
