import { describe, expect, test } from "bun:test";
import { Place, SELF } from "../support/place.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

const CREDIT = 1;
const RELEASE = 2;
const MAPPED = 4;
const CLAIM = 5;
const COMMIT = 6;
const HELLO = 16;
const REGION = 17;
const FRAME = 20;
const SLOT = 23;
const REFUSED = 24;
const ATTRIBUTE = 26;

interface ClaimRecord {
  readonly kind: number;
  readonly view: DataView;
}

/** A program of another implementation: it speaks the binary form over pipes, as docs/PYTHON.md describes it. */
class Peer implements AsyncDisposable {
  readonly records: ClaimRecord[] = [];
  readonly child: Bun.Subprocess<"pipe", "pipe", "pipe">;
  readonly #stderr: Promise<string>;
  readonly #reading: Promise<void>;

  constructor(self: readonly string[], args: readonly string[]) {
    this.child = Bun.spawn([...self, ...args], { stdin: "pipe", stdout: "pipe", stderr: "pipe" });
    this.#stderr = this.child.stderr.text();
    this.#reading = this.#read();
  }

  /** Sends a request: its words after the length. */
  send(kind: number, ...words: readonly number[]): void {
    const length = 8 + words.length * 4;
    this.child.stdin.write(new Uint8Array(new Int32Array([length, kind, ...words]).buffer));
    this.child.stdin.flush();
  }

  commit(token: number, bytes: number): void {
    const shape = [bytes, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    // uint8, row order, one dimension.
    this.send(COMMIT, token, 1 | (1 << 16) | (1 << 24), 0, 0, ...shape);
  }

  of(kind: number): readonly DataView[] {
    return this.records.filter((record) => record.kind === kind).map(({ view }) => view);
  }

  /** Waits until so many records of a kind have come. */
  async count(kind: number, count: number): Promise<readonly DataView[]> {
    await until(
      () => this.of(kind).length >= count || this.child.exitCode !== null,
      () => `${count} records of kind ${kind}, found ${this.of(kind).length}`,
    );
    return this.of(kind);
  }

  /** Closes its end and waits for that of the executable. */
  async end(): Promise<{ readonly code: number; readonly stderr: string }> {
    this.child.stdin.end();
    const code = await this.child.exited;
    await this.#reading;
    return { code, stderr: await this.#stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.child.exited;
  }

  async #read(): Promise<void> {
    let rest = new Uint8Array();
    for await (const chunk of this.child.stdout) {
      const bytes = new Uint8Array(Buffer.concat([rest, chunk]));
      let at = 0;
      for (const view = new DataView(bytes.buffer); bytes.length - at >= 8; ) {
        const length = view.getUint32(at, true);
        if (bytes.length - at < length) break;
        this.records.push({ kind: view.getUint32(at + 4, true), view: new DataView(bytes.buffer, at, length) });
        at += length;
      }
      rest = bytes.slice(at);
    }
  }
}

/** Key, format and value of an ATTRIBUTE record. */
function textsOf(record: DataView): string[] {
  let at = record.byteOffset + 28;
  return [16, 20, 24].map((field) => {
    const bytes = new Uint8Array(record.buffer, at, record.getUint32(field, true));
    at += bytes.length;
    return new TextDecoder().decode(bytes);
  });
}

class ClaimPlace extends Place {
  reader(args: readonly string[] = []): Peer {
    return new Peer(SELF, [...this.roleArguments("consumer"), "--sink", "claims:-", ...args]);
  }

  writer(args: readonly string[] = []): Peer {
    return new Peer(SELF, [
      ...this.roleArguments("producer"),
      ...["--source", "claims:-,bytes=64", "--slots", "16", "--wait-consumers", "0", ...args],
    ]);
  }
}

const SOURCE = ["--source", "synthetic:dtype=uint8,dims=64x64,rate=50", "--slots", "256"];

describe("claims between the executable and a program of any make", () => {
  test(
    "frames are handed over for credit only; what the program has when it closes its end was not read",
    async () => {
      await using place = new ClaimPlace();
      place.producer([...SOURCE, "--attribute", "gain=2.5"]);
      await using peer = place.reader();
      const [hello] = await peer.count(HELLO, 1);
      expect([hello?.getUint32(8, true), hello?.getUint32(12, true), hello?.getUint32(16, true)]).toEqual([
        1,
        1,
        peer.child.pid,
      ]);
      peer.send(CREDIT, 3, 0);
      const regions = await peer.count(REGION, 2);
      // Nothing is handed over before the regions are mapped.
      expect(peer.of(FRAME)).toHaveLength(0);
      for (const region of regions) peer.send(MAPPED, region.getUint32(8, true), 0);
      const frames = await peer.count(FRAME, 3);
      expect(frames.map((frame) => [frame.byteLength, Number(frame.getBigUint64(24, true))])).toEqual([
        [192, 4096],
        [192, 4096],
        [192, 4096],
      ]);
      const attributes = await peer.count(ATTRIBUTE, 2);
      expect(attributes.map(textsOf)).toContainEqual(["gain", "text/plain", "2.5"]);
      // Overwritten, and gives a credit; then only gives a credit.
      peer.send(RELEASE, frames[0]?.getUint32(8, true) ?? -1, 3);
      peer.send(RELEASE, frames[1]?.getUint32(8, true) ?? -1, 2);
      await peer.count(FRAME, 5);
      const { code, stderr } = await peer.end();
      expect(peer.of(FRAME)).toHaveLength(5);
      expect(code).toBe(0);
      expect(stderr).toContain("accepted 1 frames");
      expect(stderr).toMatch(/changed\s+1\b/);
      expect(stderr).toMatch(/sinkTooSlow\s+\d+/);
    },
    PROCESS_TEST_MS,
  );

  test(
    "a slot that the program has when it closes its end is aborted and counted; one that is too large is refused",
    async () => {
      await using place = new ClaimPlace();
      await using peer = place.writer();
      peer.send(CLAIM, 64, 0);
      const [slot] = await peer.count(SLOT, 1);
      expect([Number(slot?.getBigUint64(24, true)), Number(slot?.getBigUint64(32, true))]).toEqual([64, 0]);
      peer.commit(slot?.getUint32(8, true) ?? -1, 64);
      // The pools of a producer without a driver are whole pages.
      peer.send(CLAIM, 1 << 20, 0);
      const [refused] = await peer.count(REFUSED, 1);
      expect([refused?.getUint32(8, true), Number(refused?.getBigUint64(16, true))]).toEqual([1, 1 << 20]);
      peer.send(CLAIM, 64, 0);
      await peer.count(SLOT, 2);
      const { code, stderr } = await peer.end();
      expect(code).toBe(0);
      expect(stderr).toContain("of 2 claimed frames");
      expect(stderr).toMatch(/aborted\s+1\b/);
      expect(place.regionFiles().filter((path) => path.includes("epoch-"))).toEqual([]);
    },
    PROCESS_TEST_MS,
  );

  test(
    "a program that gives no frame back holds up no other consumer",
    async () => {
      await using place = new ClaimPlace();
      place.producer(SOURCE);
      const consumer = place.consumer(["--stats-interval", "50ms"]);
      await using peer = place.reader();
      peer.send(CREDIT, 4, 0);
      for (const region of await peer.count(REGION, 2)) peer.send(MAPPED, region.getUint32(8, true), 0);
      await peer.count(FRAME, 4);
      const before = await consumer.row((row) => (row.counters.accepted ?? 0) > 0, "frames");
      await consumer.row((row) => (row.counters.accepted ?? 0) > (before.counters.accepted ?? 0) + 50, "more frames");
      expect((await peer.end()).code).toBe(0);
    },
    PROCESS_TEST_MS,
  );

  test(
    "what is no request ends the executable with what was expected",
    async () => {
      await using place = new ClaimPlace();
      await using reader = place.reader();
      await reader.count(HELLO, 1);
      reader.send(CLAIM, 64, 0);
      const wrongKind = await reader.end();
      expect([wrongKind.code, wrongKind.stderr]).toEqual([
        1,
        expect.stringContaining("expected a request of a reader"),
      ]);
      await using writer = place.writer();
      await writer.count(HELLO, 1);
      writer.child.stdin.write("what is this?\n\n\n\n");
      const noRecord = await writer.end();
      expect([noRecord.code, noRecord.stderr]).toEqual([
        1,
        expect.stringContaining("expected a record of 16 to 256 bytes"),
      ]);
      const file = await place.shell('"$@" > /dev/null', [
        ...SELF,
        ...place.roleArguments("consumer"),
        "--sink",
        "claims:-",
      ]);
      expect([file.code, file.stderr]).toEqual([
        1,
        expect.stringContaining("expected a pipe or a socket to the program"),
      ]);
    },
    PROCESS_TEST_MS,
  );
});
