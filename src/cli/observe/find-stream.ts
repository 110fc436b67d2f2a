import { nativeParker } from "../../aeron/native-parker.ts";
import { domainTypes } from "../../config/index.ts";
import { NotFoundError, UsageError } from "../../core/errors.ts";
import { createIdleStrategy } from "../../core/idle/index.ts";
import { getLogger } from "../../core/logger.ts";
import { suggestion } from "../../core/nearest.ts";
import { PeriodicTimer } from "../../core/timers.ts";
import { formatDuration } from "../../core/units.ts";
import type { KnownStream, KnownStreams } from "../../observe/known-streams.ts";
import { SEARCH_NS, StreamWatch } from "../../observe/stream-watch.ts";
import { isId } from "../../protocol/ids.ts";
import { listed } from "../inspect/locate.ts";
import { attachTimeoutOf } from "../role/role-runtime.ts";
import type { RoleValues } from "../specs/common-options.ts";
import { ToolRuntime, type ToolValues } from "../tool/tool-runtime.ts";

const log = getLogger("consumer");
const REPORT_PERIOD_NS = 10e9;

/** The stream id in a text, or null if the text is not an id. */
export function streamIdOf(text: string): number | null {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return isId(id) ? id : null;
}

const DATA_SOURCE = domainTypes.dataSource();

/** Rejects a text that can be neither an id nor a name. `what` describes the argument, e.g. `hz: <stream>`. @throws UsageError */
export function requireStreamText(text: string | undefined, what: string): string {
  const { expected } = DATA_SOURCE;
  if (text === undefined)
    throw new UsageError(`${what} is missing: ${expected} (\`tensorpool ls\` lists them)`, { expected });
  try {
    return DATA_SOURCE.parse(text);
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(`${what}: ${error.message}`, { expected, found: text }) : error;
  }
}

/**
 * The id of the stream that `text` means: an id itself, or the stream of the data source with this name, which is looked up on the media
 * driver's streams. `what` describes the argument.
 * @throws UsageError, NotFoundError listing the existing streams, InterruptedError
 */
export async function findStreamId(values: ToolValues, text: string, what: string): Promise<number> {
  requireStreamText(text, what);
  const id = streamIdOf(text);
  if (id !== null) return id;
  using runtime = new ToolRuntime(values, "find");
  const search = new NameSearch(runtime, text, () => runtime.stop("the time is over"));
  return (await search.run()).streamId;
}

/**
 * The same for a role, which waits for a stream of this name, and for the media driver: without a limit, or for --attach-timeout.
 * @throws UsageError, NotFoundError, InterruptedError
 */
export async function awaitStreamId(
  values: ToolValues & Pick<RoleValues, "attachTimeout">,
  text: string,
  what: string,
): Promise<number> {
  requireStreamText(text, what);
  using runtime = new ToolRuntime(values, "find", {
    idle: createIdleStrategy("backoff", nativeParker),
    waitsForDriver: true,
  });
  const timeoutNs = attachTimeoutOf(values);
  const search = new NameSearch(runtime, text, () => search.report());
  if (timeoutNs !== Number.POSITIVE_INFINITY) runtime.endAfter(timeoutNs, () => runtime.stop("the time is over"));
  const period = new PeriodicTimer(REPORT_PERIOD_NS);
  const reportWhenDue = (nowNs: number): number => {
    if (period.isDue(nowNs)) search.report();
    return 0;
  };
  runtime.scheduler.add({ roleName: "name report", doWork: reportWhenDue });
  return (await search.run()).streamId;
}

/** Listens until a stream of this name is announced. */
class NameSearch {
  readonly #runtime: ToolRuntime;
  readonly #text: string;
  readonly #watch: StreamWatch;
  #found: readonly KnownStream[] = [];
  #wasConnected = false;

  constructor(runtime: ToolRuntime, text: string, onSearched: () => void) {
    this.#runtime = runtime;
    this.#text = text;
    const { connection, streams } = runtime;
    const onNews = (): void => {
      this.#found = this.#watch.known.find(text);
      if (this.#found.length > 0) runtime.stop("found");
    };
    this.#watch = new StreamWatch(connection, { streams, wanted: [text], onNews, onSearched });
    const lookForDriver = (): number => {
      this.#wasConnected ||= connection.isConnected;
      return 0;
    };
    runtime.scheduler.add({ roleName: "name search", doWork: lookForDriver });
  }

  /** Logs that the stream has not been found yet. */
  report(): void {
    if (this.#runtime.connection.isConnected)
      log.info(`waiting for a stream: ${describeUnknown(this.#text, this.#watch.known, "")}`);
  }

  /** @throws UsageError, NotFoundError, InterruptedError */
  async run(): Promise<KnownStream> {
    await this.#runtime.runPart(this.#watch);
    if (this.#found.length === 0 && !this.#wasConnected) {
      throw new NotFoundError(
        `no stream is called "${this.#text}": no media driver in ${this.#runtime.aeronDir}; start \`tensorpool driver\`, or a standalone producer`,
      );
    }
    return requireSingleMatch(this.#text, this.#found, this.#watch.known);
  }
}

/** Returns the only match. @throws NotFoundError without a match, UsageError for several */
export function requireSingleMatch(text: string, found: readonly KnownStream[], known: KnownStreams): KnownStream {
  const [stream, second] = found;
  if (stream === undefined) throw unknownStream(text, known);
  if (second === undefined) return stream;
  const ids = found.map(({ streamId }) => String(streamId));
  throw new UsageError(`"${text}" is the name of several streams (${listed(ids)}): give the id`, {
    found: ids.join(", "),
  });
}

/** Lists streams for a message: `10000 "camera-1", 10001`. */
export function describeStreams(streams: readonly KnownStream[]): string {
  return listed(streams.map(({ streamId, name }) => (name === null ? String(streamId) : `${streamId} "${name}"`)));
}

/** The error for an id or name that was not announced; lists the announced streams. */
export function unknownStream(text: string, known: KnownStreams, searchedNs = SEARCH_NS): NotFoundError {
  const message = describeUnknown(text, known, ` within ${formatDuration(searchedNs)}`);
  return new NotFoundError(message, { found: describeStreams(known.list()) });
}

function describeUnknown(text: string, known: KnownStreams, when: string): string {
  const streams = known.list();
  const isId = streamIdOf(text) !== null;
  const candidates = streams.flatMap(({ streamId, name }) => (isId ? String(streamId) : (name ?? [])));
  const there = streams.length === 0 ? "no stream was announced" : `streams that exist: ${describeStreams(streams)}`;
  return `no stream ${isId ? text : `is called "${text}"`}${when}; ${there}${suggestion(text, candidates)}`;
}
