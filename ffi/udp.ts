import { isIPv4, isIPv6 } from "node:net";
import { SystemError } from "./errors.ts";
import { check, closeFile, lastErrno } from "./libc.ts";
import { NativeBuffer, nativeString } from "./memory.ts";
import { openLibrary } from "./symbols.ts";

/** Functions for UDP sockets; loaded when the first socket is created. */
const SYMBOLS = {
  // int socket(int domain, int type, int protocol)
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  // int bind(int sockfd, const struct sockaddr *addr, socklen_t addrlen)
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  // int connect(int sockfd, const struct sockaddr *addr, socklen_t addrlen)
  connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
  // int setsockopt(int sockfd, int level, int optname, const void *optval, socklen_t optlen)
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  // int getsockopt(int sockfd, int level, int optname, void *optval, socklen_t *optlen)
  getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
  // ssize_t send(int sockfd, const void *buf, size_t len, int flags)
  send: { args: ["i32", "ptr", "u64_fast", "i32"], returns: "i64_fast" },
  // int sendmmsg(int sockfd, struct mmsghdr *msgvec, unsigned int vlen, int flags)
  sendmmsg: { args: ["i32", "ptr", "u32", "i32"], returns: "i32" },
  // int recvmmsg(int sockfd, struct mmsghdr *msgvec, unsigned int vlen, int flags, struct timespec *timeout)
  recvmmsg: { args: ["i32", "ptr", "u32", "i32", "ptr"], returns: "i32" },
  // int inet_pton(int af, const char *src, void *dst)
  inet_pton: { args: ["i32", "ptr", "ptr"], returns: "i32" },
} as const;

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_RCVTIMEO = 20;
const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const IP_MTU_DISCOVER = 10;
const IP_MTU = 14;
const IPV6_MTU_DISCOVER = 23;
const IPV6_MTU = 24;
const PMTUDISC_DO = 2;
const MSG_DONTWAIT = 0x40;
const MSG_WAITFORONE = 0x10000;
/** sockaddr_in6; sockaddr_in is shorter. */
const SOCKADDR_BYTES = 28;
const SOCKADDR_IN_BYTES = 16;
/** struct mmsghdr { struct msghdr { .. iov at 16, iovlen at 24 .. }; unsigned int msg_len at 56; } and struct iovec. */
const MMSGHDR_BYTES = 64;
const IOV_AT = 16;
const IOV_COUNT_AT = 24;
const LENGTH_AT = 56;
const IOVEC_BYTES = 16;

/** Datagrams of one size, for calls that send or receive many at a time. */
export class DatagramBatch {
  readonly count: number;
  readonly payload: NativeBuffer;
  readonly headers: NativeBuffer;
  readonly #vectors: NativeBuffer;

  constructor(count: number, datagramBytes: number) {
    this.count = count;
    this.payload = new NativeBuffer(count * datagramBytes);
    this.headers = new NativeBuffer(count * MMSGHDR_BYTES);
    this.#vectors = new NativeBuffer(count * IOVEC_BYTES);
    for (let i = 0; i < count; i++) {
      this.#vectors.view.setBigUint64(i * IOVEC_BYTES, BigInt(this.payload.address + i * datagramBytes), true);
      this.#vectors.view.setBigUint64(i * IOVEC_BYTES + 8, BigInt(datagramBytes), true);
      const vector = BigInt(this.#vectors.address + i * IOVEC_BYTES);
      this.headers.view.setBigUint64(i * MMSGHDR_BYTES + IOV_AT, vector, true);
      this.headers.view.setBigUint64(i * MMSGHDR_BYTES + IOV_COUNT_AT, 1n, true);
    }
  }

  /** Bytes of the first `count` datagrams. */
  bytesOf(count: number): number {
    let bytes = 0;
    for (let i = 0; i < count; i++) bytes += this.headers.view.getUint32(i * MMSGHDR_BYTES + LENGTH_AT, true);
    return bytes;
  }
}

/** A UDP socket for addresses of one family. Call `close` after use. */
export class UdpSocket {
  readonly #libc = openLibrary("libc.so.6", SYMBOLS);
  readonly #isIpv6: boolean;
  readonly #value = new NativeBuffer(16);
  readonly #length = new NativeBuffer(4);
  readonly #fd: number;

  /** `address`: any IP address of the family. @throws SystemError */
  constructor(address: string) {
    this.#isIpv6 = isIPv6(address);
    this.#fd = check(this.#libc.socket(this.#isIpv6 ? AF_INET6 : AF_INET, SOCK_DGRAM_CLOEXEC, 0), "socket");
  }

  /** @throws SystemError "EADDRINUSE" if the port is taken, "EADDRNOTAVAIL" if the address does not belong to this host */
  bind(address: string, port: number): void {
    const { bytes, length } = this.#socketAddress(address, port);
    check(this.#libc.bind(this.#fd, bytes.address, length), "bind", `${address} port ${port}`);
  }

  /** @throws SystemError "ENETUNREACH" without a route to the address */
  connect(address: string, port: number): void {
    const { bytes, length } = this.#socketAddress(address, port);
    check(this.#libc.connect(this.#fd, bytes.address, length), "connect", `${address} port ${port}`);
  }

  /** Disables fragmentation: datagrams that are too long are refused from now on. */
  forbidFragments(): void {
    if (this.#isIpv6) this.#set(IPPROTO_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_DO);
    else this.#set(IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_DO);
  }

  /** The MTU of the path to the connected address, as far as the kernel knows it: initially the MTU of the first link. */
  pathMtu(): number {
    return this.#isIpv6 ? this.#get(IPPROTO_IPV6, IPV6_MTU) : this.#get(IPPROTO_IP, IP_MTU);
  }

  /** Requests buffer sizes; the kernel limits them to `net.core.rmem_max` and `wmem_max`. */
  setBuffers(receiveBytes: number, sendBytes: number): void {
    this.#set(SOL_SOCKET, SO_RCVBUF, receiveBytes);
    this.#set(SOL_SOCKET, SO_SNDBUF, sendBytes);
  }

  /** Sets the time-out of receiving. */
  setReceiveTimeout(milliseconds: number): void {
    // struct timeval { time_t tv_sec; suseconds_t tv_usec; }
    this.#value.view.setBigInt64(0, BigInt(Math.floor(milliseconds / 1000)), true);
    this.#value.view.setBigInt64(8, BigInt((milliseconds % 1000) * 1000), true);
    check(this.#libc.setsockopt(this.#fd, SOL_SOCKET, SO_RCVTIMEO, this.#value.address, 16), "setsockopt");
  }

  /** Sends one datagram to the connected address without blocking; returns null, or the name of the errno if the kernel refused it. */
  send(datagram: NativeBuffer, byteLength: number): string | null {
    if (this.#libc.send(this.#fd, datagram.address, byteLength, MSG_DONTWAIT) >= 0) return null;
    return new SystemError("send", lastErrno()).errno;
  }

  /** Sends datagrams to the connected address; returns the number that the kernel accepted. */
  sendBatch({ headers, count }: DatagramBatch): number {
    const sent = this.#libc.sendmmsg(this.#fd, headers.address, count, 0);
    return sent > 0 ? sent : 0;
  }

  /** Receives at least one datagram; returns the number received, or 0 after the time-out. */
  receiveBatch({ headers, count }: DatagramBatch): number {
    const received = this.#libc.recvmmsg(this.#fd, headers.address, count, MSG_WAITFORONE, 0);
    return received > 0 ? received : 0;
  }

  close(): void {
    closeFile(this.#fd);
  }

  #set(level: number, option: number, value: number): void {
    this.#value.view.setInt32(0, value, true);
    check(this.#libc.setsockopt(this.#fd, level, option, this.#value.address, 4), "setsockopt");
  }

  #get(level: number, option: number): number {
    this.#length.view.setUint32(0, 4, true);
    check(this.#libc.getsockopt(this.#fd, level, option, this.#value.address, this.#length.address), "getsockopt");
    return this.#value.view.getInt32(0, true);
  }

  #socketAddress(address: string, port: number): { bytes: NativeBuffer; length: number } {
    if (this.#isIpv6 ? !isIPv6(address) : !isIPv4(address)) {
      throw new RangeError(`expected an IPv${this.#isIpv6 ? 6 : 4} address, found ${JSON.stringify(address)}`);
    }
    const bytes = new NativeBuffer(SOCKADDR_BYTES);
    bytes.view.setUint16(0, this.#isIpv6 ? AF_INET6 : AF_INET, true);
    bytes.view.setUint16(2, port);
    const text = nativeString(address);
    // sin_addr is at offset 4; sin6_addr is at offset 8, after sin6_flowinfo.
    const at = bytes.address + (this.#isIpv6 ? 8 : 4);
    this.#libc.inet_pton(this.#isIpv6 ? AF_INET6 : AF_INET, text.address, at);
    return { bytes, length: this.#isIpv6 ? SOCKADDR_BYTES : SOCKADDR_IN_BYTES };
  }
}
