import { SystemError } from "./errors.ts";
import { check, lastErrno, libc } from "./libc.ts";
import { NativeBuffer } from "./memory.ts";
import { openLibrary } from "./symbols.ts";

/** Functions for Unix sockets; loaded when the first socket is created. */
const SYMBOLS = {
  // int socket(int domain, int type, int protocol)
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  // ssize_t sendto(int sockfd, const void *buf, size_t len, int flags, const struct sockaddr *addr, socklen_t addrlen)
  sendto: { args: ["i32", "ptr", "u64_fast", "i32", "ptr", "u32"], returns: "i64_fast" },
} as const;

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 0o2000002;
const MSG_DONTWAIT_NOSIGNAL = 0x4040;
/** struct sockaddr_un { sa_family_t sun_family; char sun_path[108]; } */
const SOCKADDR_UN = { path: 2, size: 110 } as const;

/** Sends datagrams to a Unix socket by its path or, with a leading `@`, its abstract name. Never blocks. Call `close` after use. */
export class DatagramSender {
  readonly #libc = openLibrary("libc.so.6", SYMBOLS);
  readonly #fd: number;
  readonly #address = new NativeBuffer(SOCKADDR_UN.size);
  readonly #addressBytes: number;

  /** @throws SystemError; RangeError if the name is not a valid address */
  constructor(name: string) {
    const bytes = new TextEncoder().encode(name);
    const isAddress = bytes.length > 1 && (name.startsWith("/") || name.startsWith("@"));
    if (!isAddress || bytes.length > SOCKADDR_UN.size - SOCKADDR_UN.path - 1) {
      throw new RangeError(`expected an absolute path or @name of at most 107 bytes, found ${JSON.stringify(name)}`);
    }
    this.#address.view.setUint16(0, AF_UNIX, true);
    this.#address.bytes.set(bytes, SOCKADDR_UN.path);
    if (name.startsWith("@")) this.#address.bytes[SOCKADDR_UN.path] = 0;
    // An abstract name ends with the address length; a path includes its terminating NUL.
    this.#addressBytes = SOCKADDR_UN.path + bytes.length + (name.startsWith("@") ? 0 : 1);
    this.#fd = check(this.#libc.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0), "socket");
  }

  /** @throws SystemError if the datagram was not accepted: ECONNREFUSED or ENOENT without a receiver, EAGAIN without buffer space */
  send(text: string): void {
    const bytes = new TextEncoder().encode(text);
    const { address } = this.#address;
    const sent = this.#libc.sendto(this.#fd, bytes, bytes.length, MSG_DONTWAIT_NOSIGNAL, address, this.#addressBytes);
    if (sent < 0) throw new SystemError("sendto", lastErrno());
  }

  close(): void {
    libc.close(this.#fd);
  }
}
