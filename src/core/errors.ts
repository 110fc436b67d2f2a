/** The fields of every error of this library besides its message. */
export interface ErrorDetails {
  /** The violated rule of the specification, e.g. "W-26". */
  rule?: string;
  /** The expected state or value. */
  expected?: string;
  /** The actual value. */
  found?: string;
  /** True if the same call may succeed later without any change. */
  retryable?: boolean;
  /** Options for the next step, by their API names, e.g. "aeronDir". */
  options?: readonly string[];
  cause?: unknown;
}

/**
 * The base of all errors of this library: one class per operation, each with a closed set of codes. The message has the state, its cause
 * and the next step, or the expected and the actual value.
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

/** Incorrect use of the command line, a configuration or an API: the caller's input must change. Exit code 2. */
export class UsageError extends TensorPoolError<"usage"> {
  constructor(message: string, details: ErrorDetails = {}) {
    super("usage", message, details);
  }
}

/**
 * A fault in the value of one option. The message uses the option's API name; the command line replaces it with the flag, the variable or
 * the file line that the value comes from.
 */
export class OptionError extends UsageError {
  readonly option: string;
  /** The fault, without the option's name. */
  readonly problem: string;
  readonly #part: string;

  /** `part`: the wrong part of the option's value, e.g. "png" for an option of a sink. */
  constructor(option: string, problem: string, { part = "", ...details }: ErrorDetails & { part?: string } = {}) {
    super(`${option}${part === "" ? "" : ` ${part}`}: ${problem}`, details);
    this.option = option;
    this.problem = problem;
    this.#part = part;
  }

  /** The message with a different option name. */
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

/** An agent was added too late: the scheduler has stopped. The reason of the stop is a different error. */
export class SchedulerStoppedError extends UsageError {}

/** The message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
