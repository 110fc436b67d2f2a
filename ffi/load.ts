import { existsSync } from "node:fs";
import { endianness } from "node:os";
import { fileURLToPath } from "node:url";
import { embeddedLibrary } from "./embedded.ts";
import { openEmbedded } from "./embedded-opening.ts";
import { NativeLibraryError } from "./errors.ts";
import { stringAt } from "./memory.ts";
import { type NativeFunctions, openLibrary, type SymbolTable } from "./symbols.ts";

/** The Aeron version of the struct layouts and symbol tables here. */
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

/** Origin of the libaeron in use: embedded in the executable, built by set-up, or named by AERON_LIBRARY. */
export type AeronOrigin = "embedded" | "built" | "named";

interface Location {
  readonly origin: AeronOrigin;
  /** The path for dlopen. */
  readonly path: string;
  /** The library's name in messages. */
  readonly label: string;
}

function locate(): Location {
  const named = process.env.AERON_LIBRARY;
  if (named !== undefined && named !== "") return { origin: "named", path: named, label: `AERON_LIBRARY=${named}` };
  const embedded = embeddedLibrary();
  if (embedded !== null) {
    const path = openEmbedded(embedded, (candidate) => openLibrary(candidate, VERSION_SYMBOLS));
    return { origin: "embedded", path, label: "the embedded libaeron" };
  }
  const built = fileURLToPath(BUILT_LIBRARY);
  if (existsSync(built)) return { origin: "built", path: built, label: built };
  const commands = built.includes("/node_modules/") ? "`npx tensorpool version`" : "`npm run demo` or `npm test`";
  throw new NativeLibraryError(
    `libaeron is not built yet: run ${commands} once, which builds it, or set AERON_LIBRARY=/path/libaeron.so`,
  );
}

function checkVersion(location: Location): string {
  let library: NativeFunctions<typeof VERSION_SYMBOLS>;
  try {
    library = openLibrary(location.path, VERSION_SYMBOLS);
  } catch (cause) {
    if (cause instanceof NativeLibraryError) throw cause;
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
/** Origin of the libaeron in use. */
export const aeronOrigin: AeronOrigin = location.origin;
/** The file of the libaeron in use; null for the embedded one. */
export const aeronFile: string | null = location.origin === "embedded" ? null : location.path;

/** Opens one symbol table of libaeron. */
export function openAeron<const T extends SymbolTable>(symbols: T): NativeFunctions<T> {
  try {
    return openLibrary(location.path, symbols);
  } catch (cause) {
    if (cause instanceof NativeLibraryError) throw cause;
    throw new NativeLibraryError(`${location.label} lacks a symbol of Aeron ${aeronVersion}: ${String(cause)}`);
  }
}
