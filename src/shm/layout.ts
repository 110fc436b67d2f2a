import { quoted } from "../core/text.ts";
import { RegionCreateError } from "./errors.ts";

/** The file of a stream's header ring (W-30). */
export const HEADER_RING_FILE = "header.ring";

/** The file of a payload pool (W-30). */
export function poolFile(poolId: number): string {
  return `payload-${poolId}.pool`;
}

/** The directory of an epoch (W-30). */
export function epochDirectoryName(epoch: number | bigint): string {
  return `epoch-${epoch}`;
}

/** The full epoch in a directory's name; null if the name is not an epoch's. */
export function epochOfDirectoryName(name: string): bigint | null {
  const match = /^epoch-(0|[1-9]\d{0,19})$/.exec(name);
  return match === null ? null : BigInt(match[1] as string);
}

/** True for the names of an epoch's files. */
export function isRegionFileName(name: string): boolean {
  return name === HEADER_RING_FILE || /^payload-(0|[1-9]\d{0,4})\.pool$/.test(name);
}

/** A name that is a single component of a path, of a URI and of a log line. */
const COMPONENT = /^[A-Za-z0-9_][A-Za-z0-9_.@+=,-]{0,127}$/;

/**
 * Checks a namespace or a producer's instance id. @throws RegionCreateError "invalid-options" (W-30)
 */
export function requireComponent(what: "namespace" | "instance id", name: string): void {
  if (COMPONENT.test(name)) return;
  const expected = "1 to 128 letters, digits and _.@+=,- that do not begin with a sign";
  throw new RegionCreateError("invalid-options", `${what} ${quoted(name)}: expected ${expected}`, {
    rule: "W-30",
    expected,
    found: name,
  });
}

/** Checks that an instance id contains its stream id as a separate number. @throws RegionCreateError "invalid-options" */
export function requireStreamInInstanceId(instanceId: string, streamId: number): void {
  if (new RegExp(`(^|\\D)${streamId}(\\D|$)`).test(instanceId)) return;
  throw new RegionCreateError(
    "invalid-options",
    `instance id ${quoted(instanceId)}: expected one that contains the stream id ${streamId}`,
    { rule: "W-30", expected: String(streamId), found: instanceId },
  );
}

/** An instance id for a stream, e.g. "camera-10000". */
export function instanceIdFor(streamId: number, name = "stream"): string {
  return `${name}-${streamId}`;
}
