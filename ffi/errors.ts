import { constants } from "node:os";

const NAMES = new Map<number, string>(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** The symbolic name of an errno, e.g. "ENOSPC"; "E123" where the platform has no name for it. */
export function errnoName(number: number): string {
  return NAMES.get(number) ?? `E${number}`;
}

/** A failed system call: its name, its object, and the errno by name. */
export class SystemError extends Error {
  override readonly name = "SystemError";
  readonly syscall: string;
  /** Symbolic errno, e.g. "ENOENT". */
  readonly errno: string;

  constructor(syscall: string, errno: number, subject = "") {
    const name = errnoName(errno);
    super(`${syscall}${subject === "" ? "" : ` ${subject}`}: ${name}`);
    this.syscall = syscall;
    this.errno = name;
  }
}

/** A failed call of libaeron, with the library's error message. */
export class AeronError extends Error {
  override readonly name = "AeronError";
  readonly call: string;
  /** Aeron's error code: an errno, or 1000 and above for its own (1002: client time-out). */
  readonly aeronCode: number;

  constructor(call: string, aeronCode: number, explanation: string) {
    super(`${call} failed (${aeronCode}): ${explanation}`);
    this.call = call;
    this.aeronCode = aeronCode;
  }
}

/** A native library is missing, cannot be opened, or has the wrong version. */
export class NativeLibraryError extends Error {
  override readonly name = "NativeLibraryError";
}
