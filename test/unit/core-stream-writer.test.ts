import { afterAll, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StreamWriter } from "../../src/core/stream-writer.ts";

const folder = mkdtempSync(join(tmpdir(), "tensorpool-writer-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A named pipe whose reader is this test. */
function pipe(name: string): { readFd: number; writeFd: number } {
  const path = join(folder, name);
  execFileSync("mkfifo", [path]);
  const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { readFd, writeFd: openSync(path, constants.O_WRONLY) };
}

function drain(fd: number): string {
  const chunks: Buffer[] = [];
  const chunk = Buffer.alloc(65_536);
  for (;;) {
    try {
      const count = readSync(fd, chunk);
      if (count === 0) break;
      chunks.push(Buffer.from(chunk.subarray(0, count)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") break;
      throw error;
    }
  }
  return Buffer.concat(chunks).toString();
}

test("a pipe without a reader never blocks: lines wait in order up to the limit, what comes beyond is dropped whole", async () => {
  const { readFd, writeFd } = pipe("slow");
  const writer = new StreamWriter(writeFd, { maxQueuedBytes: 100_000 });
  const line = (i: number) => `${String(i).padStart(9, "0")}\n`;
  let accepted = 0;
  while (writer.write(line(accepted))) accepted += 1;
  expect(writer.droppedWrites).toBe(1);
  expect(writer.queuedBytes).toBeGreaterThan(99_980);
  let received = "";
  const flushed = writer.flush();
  while (writer.queuedBytes > 0) {
    received += drain(readFd);
    await new Promise(setImmediate);
  }
  await flushed;
  received += drain(readFd);
  expect(received).toBe(Array.from({ length: accepted }, (_, i) => line(i)).join(""));
  writer.close();
  closeSync(writeFd);
  closeSync(readFd);
});

test("a text larger than the limit is taken when nothing else waits", async () => {
  const { readFd, writeFd } = pipe("large");
  const writer = new StreamWriter(writeFd, { maxQueuedBytes: 10 });
  expect(writer.write("x".repeat(200_000))).toBe(true);
  let received = 0;
  while (received < 200_000) {
    received += drain(readFd).length;
    await new Promise(setImmediate);
  }
  await writer.flush();
  writer.close();
  closeSync(writeFd);
  closeSync(readFd);
});

test("a reader that has gone ends the writing quietly, and is reported once", () => {
  const { readFd, writeFd } = pipe("gone");
  let closed = 0;
  const onClosed = () => {
    closed += 1;
  };
  const writer = new StreamWriter(writeFd, { onClosed });
  expect(writer.write("a\n")).toBe(true);
  closeSync(readFd);
  expect(writer.write("b\n")).toBe(false);
  expect(writer.write("c\n")).toBe(false);
  expect([writer.isClosed, writer.error, closed]).toEqual([true, null, 1]);
  closeSync(writeFd);
});

test("a full disk is an error that is kept", async () => {
  const fd = openSync("/dev/full", constants.O_WRONLY);
  const writer = new StreamWriter(fd);
  expect(writer.write("a\n")).toBe(false);
  await writer.flush();
  expect(writer.isClosed).toBe(false);
  expect(writer.error?.message).toContain("ENOSPC");
  closeSync(fd);
});

test("a regular file is written through the given descriptor, at the position that others share", () => {
  const path = join(folder, "file");
  const fd = openSync(path, "w");
  const first = new StreamWriter(fd);
  const second = new StreamWriter(fd);
  first.write("1\n");
  second.write("2\n");
  first.write("3\n");
  expect(readFileSync(path, "utf8")).toBe("1\n2\n3\n");
  closeSync(fd);
});
