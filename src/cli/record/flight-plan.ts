import { OptionError, UsageError } from "../../core/errors.ts";
import type { FlightOptions } from "../../recorder/recording-options.ts";
import type { EventKind } from "../../supervision/model/index.ts";
import { isLoopback, type ListenAddress, parseListenAddress } from "../../web/address.ts";
import type { RecordValues } from "../specs/record.ts";
import { TRIGGERS } from "./triggers.ts";

const DEFAULT_AFTER_NS = 5e9;
const OF_FLIGHT = ["after", "on", "http", "httpToken"] as const;

export type TriggerSignal = "SIGUSR1" | "SIGUSR2";

/** When a flight recorder writes, and which frames. */
export class FlightPlan {
  readonly options: FlightOptions;
  readonly signals: readonly TriggerSignal[];
  readonly eventKinds: ReadonlySet<EventKind>;
  /** Address at which HTTP requests trigger the recorder; null: none. */
  readonly http: { readonly address: ListenAddress; readonly token: string } | null;

  /** Null without --before. @throws OptionError */
  static of(values: RecordValues): FlightPlan | null {
    if (values.before !== undefined) return new FlightPlan(values, values.before);
    const stray = OF_FLIGHT.find((name) => values[name] !== undefined);
    if (stray !== undefined) throw new OptionError(stray, "needs --before: only a flight recorder has triggers");
    return null;
  }

  private constructor(values: RecordValues, beforeNs: number) {
    const { after = DEFAULT_AFTER_NS, on = ["signal"], count } = values;
    if (count !== undefined) {
      throw new OptionError("count", "a recorder with --before cannot end after a number of frames: pass --seconds");
    }
    this.options = { beforeNs, afterNs: after, onLoss: on.includes("loss") };
    const signals = on.map((trigger) => (trigger === "signal" ? "SIGUSR1" : trigger));
    this.signals = (["SIGUSR1", "SIGUSR2"] as const).filter((signal) => signals.includes(signal));
    const others: ReadonlySet<string> = new Set(TRIGGERS);
    this.eventKinds = new Set(on.filter((trigger): trigger is EventKind => !others.has(trigger)));
    this.http = httpOf(values, on.includes("http"));
  }
}

/** @throws OptionError */
function httpOf({ http, httpToken }: RecordValues, isAsked: boolean): FlightPlan["http"] {
  if (!isAsked) {
    const stray = http !== undefined ? "http" : httpToken !== undefined ? "httpToken" : null;
    if (stray !== null) throw new OptionError(stray, "expected --on http with it");
    return null;
  }
  if (http === undefined) throw new OptionError("on", "http needs an address: pass --http 9466");
  if (httpToken === undefined) {
    throw new OptionError("on", "http needs a token, so that no web page in a browser can trigger: pass --http-token");
  }
  let address: ListenAddress;
  try {
    address = parseListenAddress(http);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new OptionError("http", error.message, { found: http, cause: error });
  }
  if (!isLoopback(address.hostname)) {
    throw new OptionError("http", `expected an address of the loopback, found ${http}: other machines may not trigger`);
  }
  return { address, token: httpToken };
}
