/** What every error of this library carries beside its message. */
export interface ErrorDetails {
  /** The rule of the specification that was broken, e.g. "W-26". */
  rule?: string;
  /** What was expected, in words or as a value. */
  expected?: string;
  /** What came instead. */
  found?: string;
  /** True when the same call may succeed later without anything being changed. */
  retryable?: boolean;
  /** Options with which the next step is taken, by the names that they have in an API, e.g. "aeronDir". */
  options?: readonly string[];
  cause?: unknown;
}

/**
 * The base of all errors of this library: one class per operation, each with a closed set of codes. The message has the state, its cause
 * and the next step, or the expected and the found value.
 */
export class TensorPoolError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly rule: string | undefined;
  readonly expected: string | undefined;
  readonly found: string | undefined;
  readonly retryable: boolean;
  /** Options for the next step; the command line appends their flags to the message. */
  readonly options: readonly string[];

  constructor(code: Code, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.rule = details.rule;
    this.expected = details.expected;
    this.found = details.found;
    this.retryable = details.retryable ?? false;
    this.options = details.options ?? [];
  }
}

/** Wrong use of the command line, a configuration or an API: the caller's input has to change. Exit code 2. */
export class UsageError extends TensorPoolError<"usage"> {
  constructor(message: string, details: ErrorDetails = {}) {
    super("usage", message, details);
  }
}

/**
 * A mistake in the value of one option. The message has the option's name in the API; the command line replaces it by the flag, the
 * variable or the line of a file that the value comes from.
 */
export class OptionError extends UsageError {
  readonly option: string;
  /** What is wrong, without the option's name. */
  readonly problem: string;
  readonly #part: string;

  /** `part`: the wrong part of the option's value, e.g. "png" for an option of a sink. */
  constructor(option: string, problem: string, { part = "", ...details }: ErrorDetails & { part?: string } = {}) {
    super(`${option}${part === "" ? "" : ` ${part}`}: ${problem}`, details);
    this.option = option;
    this.problem = problem;
    this.#part = part;
  }

  /** The message with another name of the option. */
  at(name: string): string {
    return `${name}${this.#part === "" ? "" : ` ${this.#part}`}: ${this.problem}`;
  }
}

/** A requested thing does not exist: no driver, no stream, no file. Exit code 3. */
export class NotFoundError extends TensorPoolError<"not-found"> {
  constructor(message: string, details: ErrorDetails = {}) {
    super("not-found", message, details);
  }
}

/** An agent came too late: the scheduler has been stopped. What stopped it is the reason of the end, not this. */
export class SchedulerStoppedError extends UsageError {}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
