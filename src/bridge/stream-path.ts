import { readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { type Attribute, attributeText, textAttribute } from "../protocol/attribute.ts";

/** The attribute that lists the streams that a bridged stream's frames have passed through, separated by commas. */
const PATH_ATTRIBUTE_KEY = "tensorpool.bridge_path";
const PATH = /^[0-9a-f]{16}\/\d{1,10}(,[0-9a-f]{16}\/\d{1,10})*$/;
const MAX_HOPS = 16;

/**
 * Identifies a stream among all hosts: by its host's boot id, its media driver's folder with the file system that contains it, and its
 * stream id. Containers of one host share the boot id and often the folder's path, each in a separate file system.
 */
export function streamIdentity(aeronDir: string, streamId: number): string {
  const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  const place = `${bootId} ${deviceOf(dirname(aeronDir))} ${aeronDir}`;
  return `${Bun.hash(place).toString(16).padStart(16, "0")}/${streamId}`;
}

/** The file system of a folder, or of its nearest existing parent: the folder may be created later. */
function deviceOf(folder: string): number {
  const above = dirname(folder);
  const { dev } = statSync(folder, { throwIfNoEntry: false }) ?? { dev: null };
  if (dev !== null) return dev;
  return above === folder ? 0 : deviceOf(above);
}

/** The path of frames that leave a stream with these attributes. */
export function pathThrough(attributes: readonly Attribute[], identity: string): string {
  const before = attributeText(attributes, PATH_ATTRIBUTE_KEY) ?? "";
  return PATH.test(before) ? `${before},${identity}` : identity;
}

/** True for frames that only passed streams of one host. */
export function isOfOneHost(path: string): boolean {
  return new Set(path.split(",").map((hop) => hop.slice(0, hop.indexOf("/")))).size === 1;
}

/** The fault in frames that came by `path` to the stream `identity`; null if there is none. */
export function explainPathFault(path: string, identity: string): string | null {
  if (!PATH.test(path)) return "its path is malformed";
  const hops = path.split(",");
  if (hops.includes(identity)) return "its frames have passed this stream already: the bridges form a loop";
  return hops.length > MAX_HOPS
    ? `its frames have passed ${hops.length} streams, and at most ${MAX_HOPS} are allowed`
    : null;
}

/** The attributes of a stream whose frames came by `path`. */
export function withPath(attributes: readonly Attribute[], path: string): readonly Attribute[] {
  return [...attributes.filter(({ key }) => key !== PATH_ATTRIBUTE_KEY), textAttribute(PATH_ATTRIBUTE_KEY, path)];
}
