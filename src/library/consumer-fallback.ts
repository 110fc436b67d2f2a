import { ENDPOINT_EXPECTED, type Endpoint, readEndpoint } from "../bridge/channels.ts";
import { fallbackEndpoint } from "../bridge/fallback-endpoint.ts";
import { OptionError } from "../core/errors.ts";
import { quoted } from "../core/text.ts";
import { type Fallback, parseFallbackUri } from "../protocol/fallback-uri.ts";
import type { AddConsumerOptions } from "./role-options.ts";

/** The source that a consumer of the library reads while shared memory cannot be used. */
export class ConsumerFallback {
  /** As given in the options; null: none, until a ConsumerConfig names one. */
  readonly given: Fallback | null;
  readonly peers: readonly string[];
  readonly #bridges: ReadonlyMap<string, Endpoint>;

  /** @throws OptionError */
  constructor({ usesShm, fallback, bridges = {}, peers = [] }: AddConsumerOptions) {
    this.peers = peers;
    this.#bridges = new Map(Object.entries(bridges).map(([id, text]) => [id, requireEndpoint(`bridges.${id}`, text)]));
    const parsed = fallback === undefined ? null : parseFallbackUri(fallback);
    if (typeof parsed === "string") throw new OptionError("fallback", parsed, { found: fallback ?? "" });
    this.given = parsed;
    if (usesShm !== false) return;
    if (parsed === null) {
      throw new OptionError("usesShm", "without shared memory there is nothing to read: give a fallback as well", {
        expected: "a fallback",
      });
    }
    const endpoint = this.endpointOf(parsed);
    if (typeof endpoint === "string") {
      throw new OptionError("fallback", `${fallback}: ${endpoint}`, { found: fallback ?? "" });
    }
  }

  /** The endpoint where the frames of a fallback arrive, or a text that explains why there is none. */
  readonly endpointOf = (fallback: Fallback): Endpoint | string =>
    fallbackEndpoint(
      fallback,
      (id) => this.#bridges.get(id),
      (id) => `give its address in bridges: { ${JSON.stringify(id)}: "ADDRESS:PORT" }`,
    );
}

/** @throws OptionError */
export function requireEndpoint(option: string, text: string): Endpoint {
  const endpoint = readEndpoint(text);
  if (endpoint !== undefined) return endpoint;
  throw new OptionError(option, `expected ${ENDPOINT_EXPECTED}, found ${quoted(text)}`, {
    expected: ENDPOINT_EXPECTED,
    found: text,
  });
}
