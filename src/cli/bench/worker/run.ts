import { endWithParent } from "../../lifetime/end-with-parent.ts";
import { printError, printLine } from "../../output/console.ts";
import { carry } from "./bridge-worker.ts";
import { copy } from "./copy-worker.ts";
import { cost } from "./cost-worker.ts";
import { datagrams } from "./datagram-worker.ts";
import { exchange } from "./exchange-worker.ts";
import type { Job } from "./jobs.ts";
import { link } from "./link-worker.ts";
import { ping } from "./ping-worker.ts";
import { consume, produce } from "./role-worker.ts";
import { socket } from "./socket-worker.ts";
import { spin } from "./spin-worker.ts";
import { tab } from "./tab-worker.ts";

/** A job that takes longer is waiting for a peer that never starts. */
const LONGEST_MS = 600_000;

/** Runs one process's part of a bench and prints its report as the last line: `{"report": ...}`. */
export async function runJob(job: Job): Promise<void> {
  endWithParent();
  setTimeout(() => {
    printError(`bench: the ${job.kind} was not done within ${LONGEST_MS / 1000} s`);
    process.exit(1);
  }, LONGEST_MS).unref();
  printLine(JSON.stringify({ report: await reportOf(job) }));
}

async function reportOf(job: Job): Promise<unknown> {
  switch (job.kind) {
    case "producer":
      return produce(job);
    case "consumer":
      return consume(job);
    case "exchange":
      return exchange(job);
    case "ping":
      return ping(job);
    case "copy":
      return copy(job);
    case "spin":
      return spin(job);
    case "cost":
      return cost(job);
    case "socket":
      return socket(job);
    case "tab":
      return tab(job);
    case "link":
      return link(job);
    case "carry":
      return carry(job);
    case "datagrams":
      return datagrams(job);
  }
}
