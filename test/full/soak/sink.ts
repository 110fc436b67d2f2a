// A sink that checks every byte of every frame, and the accounts of its consumer; each finding is a line on standard error.
// Options: copy=1 takes copies, numbered=0 is for a file that is repeated.

import { writeSync } from "node:fs";
import type { CopySink, ModuleContext, ViewSink } from "tensorpool";
import { watchConsumer } from "./consumer-watch.ts";
import { DeliveryCheck, readFrame } from "./delivery-check.ts";

/** What begins a line that reports a finding. */
const FINDING = "finding: ";
/** Among as many frames there is one with none behind it. */
const MANY = 1000;

function report(problem: string | null): void {
  if (problem !== null) writeSync(2, `${FINDING}${problem}\n`);
}

export function sink({ options }: ModuleContext): ViewSink | CopySink {
  const check = new DeliveryCheck(options["numbered"] !== "0");
  const watch = watchConsumer(report);
  const ending = { summary: () => [`${check.accepted} frames were checked, accounts ${watch.balances} times`] };
  // The last word: until the process ends, a frame may still be handed over, or counted as lost after all.
  process.on("exit", () => {
    const { accepted, balances } = watch;
    if (check.accepted !== accepted)
      report(`handed over: ${accepted} frames were accepted, the sink got ${check.accepted}`);
    if (accepted > MANY && balances === 0) report(`account: never seen in balance, in ${accepted} frames`);
  });
  if (options["copy"] === "1") return { ...ending, copiedFrame: copiedFrame(check) };
  let found = { problem: null as string | null, run: 0, number: 0 };
  return {
    ...ending,
    frame({ bytes }) {
      found = readFrame(bytes);
    },
    settled(seq, isIntact) {
      if (isIntact) report(check.accept(String(watch.epoch), seq, found));
    },
  };
}

/** Copies come a little later, perhaps when another epoch is mapped: their order is that of their numbers. */
function copiedFrame(check: DeliveryCheck): CopySink["copiedFrame"] {
  let [epochs, newestSeq] = [0, -1];
  return ({ seq, bytes }) => {
    if (seq < newestSeq) epochs++;
    newestSeq = seq;
    report(check.accept(`copies ${epochs}`, seq, readFrame(bytes)));
  };
}
