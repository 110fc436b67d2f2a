import { freeUdpPort } from "./free-port.ts";
import { Place } from "./place.ts";
import type { RoleProcess, RoleProcessOptions } from "./role-process.ts";

export const FROM_STREAM = 1;
export const TO_STREAM = 2;

/** A row of `bridge send|receive --stats-interval .. -o jsonl`. */
export interface BridgeRow {
  readonly role: string;
  readonly isConnected: boolean;
  readonly sender: Readonly<Record<string, number>>;
  readonly receiver: Readonly<Record<string, number>>;
  readonly roundTripNs?: number | null;
  readonly delay: { readonly delayNs: number; readonly errorNs: number } | null;
}

/** Two hosts on one: each has a media driver and regions of its own, and only the loopback's UDP between them. */
export class BridgePlace implements AsyncDisposable {
  readonly near = new Place();
  readonly far = new Place();
  port = 0;

  static async open(): Promise<BridgePlace> {
    const place = new BridgePlace();
    place.port = await freeUdpPort();
    return place;
  }

  /** Media drivers of both hosts; `farEnv` is for the far one, e.g. Aeron's loss of datagrams. */
  async mediaDrivers(farEnv: Readonly<Record<string, string>> = {}): Promise<readonly [RoleProcess, RoleProcess]> {
    return [await this.near.mediaDriver(), await this.far.mediaDriver(["--linger", "0"], { env: farEnv })];
  }

  /** `channel`: parameters of Aeron for the way. */
  send(args: readonly string[] = [], channel = "", options: RoleProcessOptions = {}): RoleProcess {
    const to = channel === "" ? `127.0.0.1:${this.port}` : `aeron:udp?endpoint=127.0.0.1:${this.port}|${channel}`;
    const base = ["bridge", "send", "--standalone", "--aeron-dir", this.near.aeronDir, "--shm-dir", this.near.shmDir];
    return this.near.run([...base, "--stream", `${FROM_STREAM}`, "--to", to, "-o", "jsonl", ...args], options);
  }

  receive(args: readonly string[] = [], options: RoleProcessOptions = {}): RoleProcess {
    const base = ["bridge", "receive", "--standalone", "--aeron-dir", this.far.aeronDir, "--shm-dir", this.far.shmDir];
    const route = ["--from", `127.0.0.1:${this.port}`, "--stream", `${FROM_STREAM}=${TO_STREAM}`];
    return this.far.run([...base, ...route, "-o", "jsonl", ...args], options);
  }

  producer(args: readonly string[], options: RoleProcessOptions = {}): RoleProcess {
    return this.near.producer(["--stream", `${FROM_STREAM}`, ...args], options);
  }

  consumer(args: readonly string[], options: RoleProcessOptions = {}): RoleProcess {
    return this.far.consumer(["--stream", `${TO_STREAM}`, ...args], options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.near[Symbol.asyncDispose](), this.far[Symbol.asyncDispose]()]);
  }
}

/** Rows of a bridge that have come so far. */
export function bridgeRows(role: RoleProcess): BridgeRow[] {
  return role.stdoutLines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
}

/** What is missing from an account: 0 where published = delivered + causes, and frames that were not reported yet. */
export function accountGap({ sender, receiver }: BridgeRow): number {
  const { seen = 0, sent: _sent, ...causes } = sender;
  const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);
  return seen - sum(causes) - sum(receiver);
}

/** Aeron's own injection of loss, for the environment of a media driver. */
export function lossOf(rate: number): Record<string, string> {
  return {
    AERON_UDP_CHANNEL_INCOMING_INTERCEPTORS: "loss",
    AERON_UDP_CHANNEL_TRANSPORT_BINDINGS_LOSS_ARGS: `rate=${rate}|seed=7|recv-msg-mask=0xF`,
  };
}

/** Frames of which each byte is the frame's number. */
export function numberedFrames(count: number, frameBytes: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, n) => Buffer.alloc(frameBytes, n & 255)));
}

/** The numbers of frames in `bytes`; fails where a frame is torn. */
export function frameNumbers(bytes: Buffer, frameBytes: number): number[] {
  const numbers: number[] = [];
  for (let at = 0; at + frameBytes <= bytes.length; at += frameBytes) {
    const frame = bytes.subarray(at, at + frameBytes);
    const number = frame[0] as number;
    if (!frame.equals(Buffer.alloc(frameBytes, number))) throw new Error(`frame ${at / frameBytes} is torn`);
    numbers.push(number);
  }
  return numbers;
}
