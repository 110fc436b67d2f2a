import { dlopen, type FFIFunction } from "bun:ffi";
import { readFileSync } from "node:fs";
import { NativeLibraryError } from "./errors.ts";
import { traced } from "./trace.ts";

type ArgumentType = "ptr" | "u8" | "i32" | "u32" | "u64_fast" | "i64_fast";
type ResultType = ArgumentType | "i64" | "void";

/** A table of native functions: name, argument types, result type. */
export type SymbolTable = Record<string, { readonly args: readonly ArgumentType[]; readonly returns: ResultType }>;

/** A pointer argument: an address, or a view whose memory is used only during the call. */
type Argument<T> = T extends "ptr" ? number | NodeJS.TypedArray : number;

type Arguments<A extends readonly ArgumentType[]> = { -readonly [I in keyof A]: Argument<A[I]> };

/** `i64_fast` and `u64_fast` are numbers up to 2^53 and BigInt above; functions that can return such values document it. */
type Result<T> = T extends "i64" ? bigint : T extends "void" ? undefined : number;

/** The functions of a table, typed: pointers are plain numbers (user-space addresses are exact). */
export type NativeFunctions<T extends SymbolTable> = {
  readonly [K in keyof T]: (...args: Arguments<T[K]["args"]>) => Result<T[K]["returns"]>;
};

/**
 * Opens a library's functions, with call tracing if the environment enables it.
 * @throws NativeLibraryError if Bun may not generate the code that calls them; Bun's own error if the library cannot be opened
 */
export function openLibrary<const T extends SymbolTable>(path: string, symbols: T): NativeFunctions<T> {
  return traced(open(path, symbols as unknown as Record<string, FFIFunction>) as unknown as NativeFunctions<T>);
}

/** `limit`: the maximum address space of this process, as the kernel prints it. */
export function causeOfRefusal(limit: string): string {
  return limit === "unlimited" || limit === ""
    ? "MemoryDenyWriteExecute of systemd, SELinux without execmem, or BUN_JSC_useJIT=0 forbids it"
    : `this process may map ${limit} bytes only (RLIMIT_AS): raise the limit (\`ulimit -v unlimited\`)`;
}

function addressSpaceLimit(): string {
  const limits = readFileSync("/proc/self/limits", "utf8");
  return /^Max address space\s+(\S+)/m.exec(limits)?.[1] ?? "";
}

function open(path: string, table: Record<string, FFIFunction>): Record<string, unknown> {
  try {
    return dlopen(path, table).symbols;
  } catch (cause) {
    if (!(cause instanceof TypeError && /\bJIT\b/.test(cause.message))) throw cause;
    throw new NativeLibraryError(
      `no executable memory can be made, which native calls need: ${causeOfRefusal(addressSpaceLimit())}`,
    );
  }
}
