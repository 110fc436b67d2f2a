import { suggestion } from "../core/nearest.ts";
import { quoted } from "../core/text.ts";
import { MAX_ID } from "../protocol/ids.ts";
import { problemAt } from "./config-file.ts";
import { streamId } from "./domain-types.ts";
import { ENTRY_NAME } from "./general-keys.ts";
import type { GeneralSettings, Sourced } from "./general-settings.ts";
import type { Origin } from "./origin.ts";
import type { RoleSchema } from "./role-schema.ts";
import type { GivenValues } from "./role-settings.ts";
import { ValueProblem } from "./value-problem.ts";
import type { ValueType } from "./value-type.ts";

const ID = streamId();

/** The id of a stream, or a name. */
export type StreamReference = number | string;

/** The id of a stream, or a name: one of `[streams]`, if it exists there. */
export function streamReference(): ValueType<StreamReference> {
  const expected = `a stream id from 1 to ${MAX_ID}, or a name of [streams]`;
  const parse = (text: string): StreamReference => {
    if (/^[\d-]/.test(text) || !ENTRY_NAME.test(text)) {
      try {
        return ID.parse(text);
      } catch (error) {
        if (!(error instanceof ValueProblem)) throw error;
        throw new ValueProblem(expected, error.found ?? "");
      }
    }
    return text;
  };
  return {
    expected,
    example: "10000",
    parse,
    read: (value) => (typeof value === "string" ? parse(value) : ID.read(value)),
    format: String,
  };
}

/**
 * The values of a role whose stream is given by a name of `[streams]`: its id, and as defaults its descriptor stream and, if the role
 * creates the regions itself, the layout of its profile. A role that can look up data sources by name (`mayAsk`) keeps an unknown name.
 * @throws UsageError for an unknown name
 */
export function withNamedStream(
  role: RoleSchema,
  given: GivenValues,
  general: GeneralSettings,
  mayAsk: boolean,
): GivenValues {
  const named = given.get("stream");
  // Tools have no table in a file, and have a --stream of their own.
  if (named === undefined || role.table === "") return given;
  if (Array.isArray(named.value)) {
    const value = named.value.map((each: unknown) =>
      typeof each === "string" ? (namedStream(each, named.origin, general, mayAsk)?.streamId ?? each) : each,
    );
    return new Map(given).set("stream", { ...named, value });
  }
  if (typeof named.value !== "string") return given;
  const name = named.value;
  const stream = namedStream(name, named.origin, general, mayAsk);
  if (stream === null) return given;
  const originOf = (table: "streams" | "profiles", entry: string, leaf: string): Origin =>
    general.entries(table).find((each) => each.name === entry && each.leaf === leaf)?.origin ?? { kind: "default" };
  const resolved = new Map<string, Sourced>(given);
  const fallBack = (flag: string, value: unknown, origin: Origin): void => {
    if (resolved.has(flag) || !role.flags.some((each) => each.name === flag)) return;
    resolved.set(flag, { value, origin });
  };
  const { streamId, descriptorStreamId } = stream;
  const origin = originOf("streams", name, "stream_id");
  resolved.set("stream", { value: streamId, origin });
  fallBack("descriptor-stream-id", [descriptorStreamId], originOf("streams", name, "descriptor_stream_id"));
  const profile = general.profiles.get(stream.profile);
  const isStandalone = given.get("standalone")?.value === true;
  if (!isStandalone || profile === undefined) return resolved;
  fallBack("slots", profile.headerNslots, originOf("profiles", profile.name, "header_nslots"));
  const strides = profile.payloadPools.map(({ strideBytes }) => strideBytes);
  fallBack("pool", strides, originOf("profiles", profile.name, "payload_pools"));
  return resolved;
}

/**
 * The stream of `[streams]` with a name; null if there is none and the role can look it up, or if its entry is a mistake, which is already
 * reported. @throws UsageError
 */
function namedStream(name: string, origin: Origin, general: GeneralSettings, mayAsk: boolean) {
  const stream = general.streams.get(name);
  if (stream !== undefined) return stream;
  if (mayAsk || general.mayHave("streams", name)) return null;
  const names = [...general.streams.keys()];
  const found = `${quoted(name)}, ${names.length === 0 ? "and there is no [streams]" : `there are ${names.join(", ")}`}`;
  throw problemAt(origin, new ValueProblem("a stream id, or a name of [streams]", found, [], suggestion(name, names)));
}
