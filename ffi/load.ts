import { existsSync } from "node:fs";
import { endianness } from "node:os";
import { fileURLToPath } from "node:url";
import { embeddedLibrary } from "./embedded.ts";
import { NativeLibraryError } from "./errors.ts";
import { sealedMemoryFile } from "./libc.ts";
import { stringAt } from "./memory.ts";
import { functionAddress, type NativeFunctions, openLibrary, type SymbolTable } from "./symbols.ts";

/** The Aeron that the struct layouts and symbol tables here were written for. */
export const AERON_VERSION = { major: 1, minor: 54 } as const;

const BUILT_LIBRARY = new URL("./native/build/libaeron.so", import.meta.url);

const VERSION_SYMBOLS = {
  // int aeron_version_major(void)
  aeron_version_major: { args: [], returns: "i32" },
  // int aeron_version_minor(void)
  aeron_version_minor: { args: [], returns: "i32" },
  // const char *aeron_version_text(void)
  aeron_version_text: { args: [], returns: "ptr" },
} as const;

interface Location {
  /** What dlopen is given. */
  path: string;
  /** How it is called in messages. */
  label: string;
}

function locate(): Location {
  const named = process.env.AERON_LIBRARY;
  if (named !== undefined && named !== "") return { path: named, label: `AERON_LIBRARY=${named}` };
  const embedded = embeddedLibrary();
  if (embedded !== null) {
    // A sealed memory file leaves nothing in a temporary folder and cannot be exchanged before it is opened.
    // The descriptor stays open for the life of the process: each symbol table opens the library by this path.
    const fd = sealedMemoryFile("libaeron.so", embedded);
    return { path: `/proc/self/fd/${fd}`, label: "the embedded libaeron" };
  }
  const built = fileURLToPath(BUILT_LIBRARY);
  if (existsSync(built)) return { path: built, label: built };
  throw new NativeLibraryError(
    "libaeron is not built yet: run `npm run demo` or `npm test` once (they build it), or set AERON_LIBRARY=/path/libaeron.so",
  );
}

function checkVersion(location: Location): string {
  let library: NativeFunctions<typeof VERSION_SYMBOLS>;
  try {
    library = openLibrary(location.path, VERSION_SYMBOLS);
  } catch (cause) {
    throw new NativeLibraryError(`${location.label} does not open as libaeron: ${String(cause)}`);
  }
  const text = stringAt(library.aeron_version_text());
  if (library.aeron_version_major() !== AERON_VERSION.major || library.aeron_version_minor() !== AERON_VERSION.minor) {
    const expected = `${AERON_VERSION.major}.${AERON_VERSION.minor}.x`;
    throw new NativeLibraryError(`${location.label}: expected Aeron ${expected}, found ${text}`);
  }
  return text;
}

function checkHost(): void {
  if (process.platform !== "linux") {
    throw new NativeLibraryError(`tensorpool runs on Linux only: this is ${process.platform}`);
  }
  if (endianness() !== "LE") {
    throw new NativeLibraryError("tensorpool needs a little-endian host: wire protocol 1.1 is little-endian");
  }
}

checkHost();
const location = locate();

/** Version text of the libaeron in use, e.g. "1.54.0". */
export const aeronVersion: string = checkVersion(location);
/** Where the libaeron in use came from, for people. */
export const aeronOrigin: string = location.label;

/** Opens one symbol table of libaeron. */
export function openAeron<const T extends SymbolTable>(symbols: T): NativeFunctions<T> {
  try {
    return openLibrary(location.path, symbols);
  } catch (cause) {
    throw new NativeLibraryError(`${location.label} lacks a symbol of Aeron ${aeronVersion}: ${String(cause)}`);
  }
}

/** The address of a libaeron function that libaeron itself is to call back. */
export function aeronFunctionAddress(name: string): number {
  return functionAddress(location.path, name);
}
