import { afterEach, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Subprocess } from "bun";

type Subject = Subprocess<"ignore", "pipe", "inherit">;

let subject: Subject | undefined;
afterEach(async () => {
  subject?.kill("SIGKILL");
  await subject?.exited;
});

/** Starts the subject and returns its lines as they come. */
function start(what: string): { process: Subject; nextLine: () => Promise<Record<string, unknown>> } {
  const process = Bun.spawn([Bun.argv[0] as string, join(import.meta.dir, "scheduler-subject.ts"), what], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  subject = process;
  const reader = process.stdout.getReader();
  const decoder = new TextDecoder();
  let text = "";
  const nextLine = async () => {
    while (!text.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`the process said no more; left over: "${text}"`);
      text += decoder.decode(value, { stream: true });
    }
    const end = text.indexOf("\n");
    const line = JSON.parse(text.slice(0, end));
    text = text.slice(end + 1);
    return line;
  };
  return { process, nextLine };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

test("HTTP is answered while an agent always has work and the idle strategy never rests; cycles continue meanwhile", async () => {
  const { process, nextLine } = start("http");
  const { port } = await nextLine();
  const times: number[] = [];
  const cycles: number[] = [];
  for (let i = 0; i < 200; i++) {
    const startNs = Bun.nanoseconds();
    const response = await fetch(`http://127.0.0.1:${port}/`);
    cycles.push(Number(await response.text()));
    times.push((Bun.nanoseconds() - startNs) / 1e6);
  }
  times.sort((a, b) => a - b);
  // Usually a third of a millisecond. What delays all answers delays the fastest tenth too, which other processes do not.
  expect(times[20] as number).toBeLessThan(50);
  expect(new Set(cycles).size).toBe(200);
  process.kill("SIGTERM");
  expect((await nextLine()).ended).toBe("SIGTERM");
  expect(await process.exited).toBe(0);
});

test("SIGTERM ends a busy process in order with 0, Ctrl-C with 130", async () => {
  for (const [signal, code] of [
    ["SIGTERM", 0],
    ["SIGINT", 130],
  ] as const) {
    const { process, nextLine } = start("http");
    await nextLine();
    process.kill(signal);
    expect((await nextLine()).ended).toBe(signal);
    expect(await process.exited).toBe(code);
  }
});

test("a second signal ends a process at once whose agent does not close", async () => {
  const { process, nextLine } = start("stuck");
  await nextLine();
  process.kill("SIGTERM");
  expect(await nextLine()).toEqual({ closing: true });
  process.kill("SIGINT");
  expect(await process.exited).toBe(130);
});

test("after SIGSTOP and SIGCONT every agent is told of the late cycle, in order, before any of them works", async () => {
  const { process, nextLine } = start("late");
  await nextLine();
  process.kill("SIGSTOP");
  await until(() => /\) T /.test(readFileSync(`/proc/${process.pid}/stat`, "utf8")));
  const stoppedNs = Bun.nanoseconds();
  await until(() => Bun.nanoseconds() - stoppedNs > 100_000_000);
  process.kill("SIGCONT");
  // A busy machine makes shorter pauses of its own, before this one too.
  for (let lateByNs = 0; lateByNs < 99_000_000; ) {
    const calls = [await nextLine(), await nextLine(), await nextLine(), await nextLine()];
    expect(calls.map(({ call, roleName }) => `${roleName} ${call}`)).toEqual([
      "conductor late",
      "role late",
      "conductor work",
      "role work",
    ]);
    lateByNs = calls[0]?.lateByNs as number;
  }
  process.kill("SIGTERM");
  await nextLine();
  expect(await process.exited).toBe(0);
});
