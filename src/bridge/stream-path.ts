import { readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { type Attribute, attributeText, textAttribute } from "../protocol/attribute.ts";

/** The attribute that names the streams which a bridged stream's frames have passed, with commas between them. */
const PATH_ATTRIBUTE_KEY = "tensorpool.bridge_path";
const PATH = /^[0-9a-f]{16}\/\d{1,10}(,[0-9a-f]{16}\/\d{1,10})*$/;
const MAX_HOPS = 16;

/**
 * A stream among all hosts: by this boot of its host, the folder of its media driver with the file system that it is in, and its id.
 * Containers of one host have the same boot and often the same folder, each in a file system of its own.
 */
export function streamIdentity(aeronDir: string, streamId: number): string {
  const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  const place = `${bootId} ${deviceOf(dirname(aeronDir))} ${aeronDir}`;
  return `${Bun.hash(place).toString(16).padStart(16, "0")}/${streamId}`;
}

/** The file system of a folder, or of the nearest one above it that exists: it may be made later. */
function deviceOf(folder: string): number {
  const above = dirname(folder);
  const { dev } = statSync(folder, { throwIfNoEntry: false }) ?? { dev: null };
  if (dev !== null) return dev;
  return above === folder ? 0 : deviceOf(above);
}

/** The path of what leaves a stream with these attributes. */
export function pathThrough(attributes: readonly Attribute[], identity: string): string {
  const before = attributeText(attributes, PATH_ATTRIBUTE_KEY) ?? "";
  return PATH.test(before) ? `${before},${identity}` : identity;
}

/** True for frames that have passed streams of one host only. */
export function isOfOneHost(path: string): boolean {
  return new Set(path.split(",").map((hop) => hop.slice(0, hop.indexOf("/")))).size === 1;
}

/** What is wrong with frames that came by `path` for the stream `identity`; null when nothing is. */
export function explainPathFault(path: string, identity: string): string | null {
  if (!PATH.test(path)) return "its path is malformed";
  const hops = path.split(",");
  if (hops.includes(identity)) return "its frames have passed this stream already: the bridges form a loop";
  return hops.length > MAX_HOPS
    ? `its frames have passed ${hops.length} streams, and at most ${MAX_HOPS} are allowed`
    : null;
}

/** Attributes of a stream whose frames came by `path`. */
export function withPath(attributes: readonly Attribute[], path: string): readonly Attribute[] {
  return [...attributes.filter(({ key }) => key !== PATH_ATTRIBUTE_KEY), textAttribute(PATH_ATTRIBUTE_KEY, path)];
}
