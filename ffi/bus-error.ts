import { SystemError } from "./errors.ts";
import { check, closeFile, MAP, mapMemory, PROT, sealedMemoryFile } from "./libc.ts";
import { NativeBuffer } from "./memory.ts";
import { openLibrary } from "./symbols.ts";

const PROT_EXEC = 4;
const SIGBUS = 7;
/** Resets the handler before it runs: when it returns, the same access ends the process as if there had been no handler. */
const SA_RESETHAND = 0x8000_0000;
const SA_ONSTACK = 0x0800_0000;
/** struct sigaction { void (*sa_handler)(int); sigset_t sa_mask; int sa_flags; void (*sa_restorer)(void); } */
const SIGACTION = { handler: 0, flags: 136, size: 152 } as const;
const TEXT_OFFSET = 32;

const SYMBOLS = {
  // int sigaction(int signum, const struct sigaction *act, struct sigaction *oldact)
  sigaction: { args: ["i32", "ptr", "ptr"], returns: "i32" },
} as const;

/**
 * Makes a SIGBUS write `text` to standard error before it ends the process. The handler of a memory fault can neither be JavaScript nor
 * call most of libc: this one is a few machine instructions that write and return to the failed access. Does nothing if
 * the system refuses executable memory.
 */
export function explainBusErrors(text: string): void {
  const bytes = new TextEncoder().encode(text);
  const code = machineCode(bytes.length);
  if (code === null) return;
  const image = new Uint8Array(TEXT_OFFSET + bytes.length);
  image.set(code);
  image.set(bytes, TEXT_OFFSET);
  try {
    const fd = sealedMemoryFile("tensorpool-bus-error", image);
    const address = mapMemory(0, image.length, PROT.READ | PROT_EXEC, MAP.PRIVATE, fd);
    closeFile(fd);
    const action = new NativeBuffer(SIGACTION.size);
    action.view.setBigUint64(SIGACTION.handler, BigInt(address), true);
    action.view.setUint32(SIGACTION.flags, SA_RESETHAND | SA_ONSTACK, true);
    check(openLibrary("libc.so.6", SYMBOLS).sigaction(SIGBUS, action.address as never, 0 as never), "sigaction");
  } catch (error) {
    // Without the handler, Bun prints its crash report.
    if (!(error instanceof SystemError)) throw error;
  }
}

/** write(2, text, length), with the text `TEXT_OFFSET` bytes after the first instruction; null on other processors. */
function machineCode(length: number): Uint8Array | null {
  if (process.arch === "x64") {
    const code = new DataView(new ArrayBuffer(25));
    code.setUint8(0, 0xbf); // mov edi, 2
    code.setUint32(1, 2, true);
    code.setUint8(5, 0x48); // lea rsi, [rip + text]
    code.setUint16(6, 0x358d, true);
    code.setUint32(8, TEXT_OFFSET - 12, true);
    code.setUint8(12, 0xba); // mov edx, length
    code.setUint32(13, length, true);
    code.setUint8(17, 0xb8); // mov eax, 1 (write)
    code.setUint32(18, 1, true);
    code.setUint16(22, 0x050f, true); // syscall
    code.setUint8(24, 0xc3); // ret
    return new Uint8Array(code.buffer);
  }
  if (process.arch !== "arm64") return null;
  const words = [
    0xd280_0040, // mov x0, #2
    0x1000_0001 | (((TEXT_OFFSET - 4) >> 2) << 5), // adr x1, text
    0xd280_0002 | (length << 5), // mov x2, #length
    0xd280_0808, // mov x8, #64 (write)
    0xd400_0001, // svc #0
    0xd65f_03c0, // ret
  ];
  const code = new DataView(new ArrayBuffer(words.length * 4));
  for (const [i, word] of words.entries()) code.setUint32(i * 4, word >>> 0, true);
  return new Uint8Array(code.buffer);
}
