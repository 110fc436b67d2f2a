import { isatty } from "node:tty";
import { processNs } from "./clock.ts";
import { allowsColour, type Palette, paletteOf } from "./colours.ts";
import { messageOf } from "./errors.ts";
import { formatJson, formatText, type LogFields, type LogFormat, type LogRecord } from "./log-format.ts";
import { LEVEL_RANK, type LogFilter, type LogLevel, parseLogFilter } from "./log-levels.ts";
import { RateLimit } from "./rate-limit.ts";
import { StreamWriter } from "./stream-writer.ts";

export type { LogFields, LogFormat } from "./log-format.ts";
export { LOG_FORMATS } from "./log-format.ts";
export { LOG_LEVELS, type LogLevel, parseLogLevel } from "./log-levels.ts";

/** Receives complete lines; replaced in tests. */
export interface LogSink {
  write(text: string): unknown;
}

export interface LoggingOptions {
  /** Level of components that `filter` does not name. */
  level?: LogLevel;
  format?: LogFormat;
  /** Like TENSORPOOL_LOG: `info,producer=debug`. A level without a component applies only if `level` is not given. */
  filter?: string;
  sink?: LogSink;
  /** Omitted: coloured on a terminal unless NO_COLOR is set. */
  coloured?: boolean;
  /** Wall-clock time of messages; for tests. */
  now?: () => Date;
}

interface Logging {
  level: LogLevel;
  byComponent: ReadonlyMap<string, LogLevel>;
  format: LogFormat;
  sink: LogSink;
  palette: Palette;
  now: () => Date;
}

const STDERR = 2;
/** Lines of a component and level that are written in a burst, and the rate for further ones. Lines beyond that are held back. */
const BURST_LINES = 200;
const LINE_PERIOD_NS = 50e6;
/** Longest message, in characters. */
const MAX_MESSAGE_CHARS = 2000;
/** Incremented with each configuration, so that loggers know when to look up their level again. */
let generation = 0;
let logging = initialLogging();

function initialLogging(): Logging {
  const filter = environmentFilter();
  return {
    level: filter.level ?? "info",
    byComponent: filter.byComponent,
    format: "text",
    sink: new StreamWriter(STDERR),
    palette: paletteOf(allowsColour({ isTTY: isatty(STDERR) })),
    now: () => new Date(),
  };
}

/** An error in the variable must not keep the library from loading: it is logged once, and the variable is ignored. */
function environmentFilter(): LogFilter {
  try {
    return parseLogFilter(process.env.TENSORPOOL_LOG ?? "");
  } catch (error) {
    queueMicrotask(() => getLogger("log").warn(`TENSORPOOL_LOG is ignored: ${messageOf(error)}`));
    return { level: null, byComponent: new Map() };
  }
}

/** Changes the given options and keeps the rest. Throws UsageError for an invalid filter. */
export function configureLogging(options: LoggingOptions): void {
  const filter = options.filter === undefined ? null : parseLogFilter(options.filter);
  logging = {
    level: options.level ?? filter?.level ?? logging.level,
    byComponent: filter?.byComponent ?? logging.byComponent,
    format: options.format ?? logging.format,
    sink: options.sink ?? logging.sink,
    palette: options.coloured === undefined ? logging.palette : paletteOf(options.coloured),
    now: options.now ?? logging.now,
  };
  generation += 1;
}

type Limits = Readonly<Partial<Record<LogRecord["level"], RateLimit>>>;

/** Other processes cause messages and must not fill a disk with them. Debug messages have no limit, because users request them. */
function componentLimits(): Limits {
  const burst = (): RateLimit => new RateLimit(LINE_PERIOD_NS, BURST_LINES);
  return { info: burst(), warn: burst(), error: burst() };
}

/**
 * Writes messages of one component to standard error. No method throws or waits; text that standard error does not accept is eventually
 * dropped.
 */
export class Logger {
  readonly component: string;
  readonly #limits: Limits;
  readonly #heldBackAs: string | null;
  #rank = 0;
  #generation = -1;

  /** `heldBackAs`: the noun for messages that the limits held back; null: their number has no meaning. */
  constructor(component: string, limits: Limits = componentLimits(), heldBackAs: string | null = "further messages") {
    this.component = component;
    this.#limits = limits;
    this.#heldBackAs = heldBackAs;
  }

  /** Whether messages of this level are written: check before composing an expensive one. */
  isEnabled(level: LogRecord["level"]): boolean {
    if (this.#generation !== generation) {
      this.#rank = LEVEL_RANK[logging.byComponent.get(this.component) ?? logging.level];
      this.#generation = generation;
    }
    return LEVEL_RANK[level] >= this.#rank;
  }

  debug(message: string, fields?: LogFields): void {
    this.#log("debug", message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#log("info", message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log("warn", message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#log("error", message, fields);
  }

  /**
   * A logger for one repeated message: writes at most one per period and level, with the number held back since. Create one per call site
   * and keep it.
   */
  every(periodNs: number): Logger {
    return this.#limited(periodNs, "times");
  }

  /** A logger for a lasting state, such as a wait: at most one message per period and level, without a count. */
  reminder(periodNs: number): Logger {
    return this.#limited(periodNs, null);
  }

  #limited(periodNs: number, heldBackAs: string | null): Logger {
    const once = (): RateLimit => new RateLimit(periodNs);
    return new Logger(this.component, { debug: once(), info: once(), warn: once(), error: once() }, heldBackAs);
  }

  #log(level: LogRecord["level"], message: string, fields: LogFields | undefined): void {
    if (!this.isEnabled(level)) return;
    const limit = this.#limits[level];
    if (limit !== undefined && !limit.tryPass(processNs())) return;
    const heldBack = limit?.takeHeldBack() ?? 0;
    const withStack = this.isEnabled("debug");
    const whole = String(message);
    const short = whole.length <= MAX_MESSAGE_CHARS ? whole : `${whole.slice(0, MAX_MESSAGE_CHARS)}…`;
    const isCounted = heldBack > 0 && this.#heldBackAs !== null;
    const text = isCounted ? `${short} (and ${heldBack} ${this.#heldBackAs} since the last message)` : short;
    write({ time: logging.now(), level, component: this.component, message: text, fields, withStack });
  }
}

function write(record: LogRecord): void {
  const { format, palette, sink } = logging;
  let text: string;
  try {
    text = format === "json" ? formatJson(record) : formatText(record, palette);
  } catch (error) {
    // A field whose getter throws must not stop the code that logs it.
    const message = `${record.message} (fields could not be shown: ${messageOf(error)})`;
    const bare = { ...record, message, fields: undefined };
    text = format === "json" ? formatJson(bare) : formatText(bare, palette);
  }
  sink.write(text);
}

const loggers = new Map<string, Logger>();

/** The logger of a component, e.g. `producer`; the same one for the same name. */
export function getLogger(component: string): Logger {
  let logger = loggers.get(component);
  if (logger === undefined) {
    logger = new Logger(component);
    loggers.set(component, logger);
  }
  return logger;
}
