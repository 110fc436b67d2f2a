import { isUtf8 } from "node:buffer";
import { readFileSync, readlinkSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { UsageError } from "./errors.ts";

// Arguments, variables and file names are bytes to the system. The runtime decodes them as UTF-8 and replaces invalid bytes with U+FFFD:
// the text then names another file. The original bytes are in /proc.

const REPLACEMENT = "\ufffd";
const NEXT_STEP = "rename it, or make a link to it with a name in UTF-8 (ln -s), and name that";

/** @throws UsageError for an argument whose bytes are not UTF-8 */
export function requireExactArguments(command: string, args: readonly string[]): void {
  if (!args.some((argument) => argument.includes(REPLACEMENT))) return;
  const inexact = inexactArgument(args.length, bytesOf("/proc/self/cmdline"));
  if (inexact === null) return;
  throw new UsageError(
    `${command}: the argument ${inexact} is not valid UTF-8: write it in UTF-8; for the name of a file, ${NEXT_STEP}`,
    { expected: "UTF-8", found: inexact },
  );
}

/** @throws UsageError for a variable whose bytes are not UTF-8 */
export function requireExactVariable(name: string, text: string): void {
  if (!text.includes(REPLACEMENT)) return;
  const inexact = inexactVariable(name, bytesOf("/proc/self/environ"));
  if (inexact === null) return;
  throw new UsageError(
    `${name}: the value ${inexact} is not valid UTF-8: set it to a text in UTF-8; for the name of a file, ${NEXT_STEP}`,
    { expected: "UTF-8", found: inexact },
  );
}

/** An absolute path. @throws UsageError if it is relative to a folder whose name is not UTF-8 */
export function absolutePath(path: string): string {
  const absolute = resolve(path);
  if (!isAbsolute(path) && absolute.includes(REPLACEMENT)) requireExactFolder(path);
  return absolute;
}

function requireExactFolder(path: string): void {
  let bytes: Buffer;
  try {
    bytes = readlinkSync("/proc/self/cwd", { encoding: "buffer" });
  } catch {
    return;
  }
  if (isUtf8(bytes)) return;
  const inexact = escaped(bytes);
  throw new UsageError(
    `${path} is relative to the working folder ${inexact}, whose name is not valid UTF-8: run the command in another folder, or ` +
      "name absolute paths in UTF-8",
    { expected: "UTF-8", found: inexact },
  );
}

/** The first of the last `count` arguments of a command line that is not UTF-8, as text; null if all are. */
export function inexactArgument(count: number, commandLine: Uint8Array): string | null {
  const all = split(commandLine);
  const inexact = all.slice(-count).find((argument) => !isUtf8(argument));
  return inexact === undefined ? null : escaped(inexact);
}

/** The value of a variable in a block of `NAME=VALUE` if it is not UTF-8, as text; otherwise null. */
export function inexactVariable(name: string, environment: Uint8Array): string | null {
  const start = Buffer.from(`${name}=`);
  const found = split(environment).find((entry) => entry.subarray(0, start.length).equals(start));
  return found === undefined || isUtf8(found) ? null : escaped(found.subarray(start.length));
}

/** Without /proc, only the decoded text is known. */
function bytesOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch {
    return new Uint8Array(0);
  }
}

/** Splits entries that each end with a zero byte. */
function split(bytes: Uint8Array): Buffer[] {
  const parts: Buffer[] = [];
  const all = Buffer.from(bytes);
  for (let begin = 0; begin < all.length; ) {
    const end = all.indexOf(0, begin);
    parts.push(all.subarray(begin, end === -1 ? all.length : end));
    if (end === -1) break;
    begin = end + 1;
  }
  return parts;
}

/** In quotes; control characters and bytes beyond US-ASCII in shell notation: `$'\xe4'`. */
function escaped(bytes: Uint8Array): string {
  const text = Array.from(bytes, (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`,
  );
  return `"${text.join("")}"`;
}
