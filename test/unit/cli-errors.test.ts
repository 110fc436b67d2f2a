import { describe, expect, test } from "bun:test";
import { AeronError } from "../../ffi/errors.ts";
import { causeOfRefusal } from "../../ffi/symbols.ts";
import { findInTrace } from "../../src/aeron/libaeron-trace.ts";
import { MediaDriverError } from "../../src/aeron/media-driver.ts";
import { describeError, detailsOf } from "../../src/cli/exit.ts";
import { summaryLines } from "../../src/cli/role/summary.ts";
import { UsageError } from "../../src/core/errors.ts";
import { consumerCounters } from "../../src/roles/counters.ts";
import { AttachError } from "../../src/roles/errors.ts";
import { RegionError } from "../../src/shm/index.ts";

describe("errors on the command line", () => {
  test("what another process has put into a message neither moves the cursor nor forges a line", () => {
    const forged = new AttachError(
      "refused",
      "the driver refuses stream 1: \u001b[2J\u001b]0;x\u0007\r\ntensorpool: all is well",
    );
    expect(describeError(forged)).toBe(
      "the driver refuses stream 1: \\x1b[2J\\x1b]0;x\\x07\\r\\ntensorpool: all is well",
    );
  });

  test("a rule of the specification is reported with --log-level debug, not in the sentence", () => {
    const refused = new RegionError("path-changed", { subject: "/r", what: "inode", expected: "7", found: "8" });
    expect([describeError(refused), detailsOf(refused)]).toEqual([
      "region refused: /r: inode: expected 7, found 8",
      "RegionError path-changed, rule W-27",
    ]);
    expect([detailsOf(new UsageError("x")), detailsOf(new Error("x"))]).toEqual(["UsageError usage", null]);
    const counters = consumerCounters();
    for (const counter of counters.list) counter.increment();
    expect(summaryLines("sums", counters, []).join("\n")).not.toMatch(/\b[WD]-\d\d/);
  });

  test("options with which the next step is taken are named as flags, behind the message", () => {
    const refused = new MediaDriverError("no-space", "no room: name another folder", {
      options: ["mediaDriver", "aeronDir"],
    });
    expect(describeError(refused)).toBe("no room: name another folder (--media-driver, --aeron-dir)");
  });

  test("what a process may not have more of is named with the limit", () => {
    expect(describeError(new Error("EMFILE: too many open files, scandir '/proc'"))).toEndWith("raise `ulimit -n`");
    expect(causeOfRefusal("1024000000")).toContain("may map 1024000000 bytes only (RLIMIT_AS)");
    expect(causeOfRefusal("unlimited")).toContain("SELinux");
  });
});

test("an error of libaeron says which call failed, and its innermost cause, without the trace", () => {
  const trace =
    "(-11) generic error, see message\n[poll, conductor.c:3807] registration error\n(99) Cannot assign requested address\n" +
    "[aeron_bind, aeron_socket.c:93] failed to bind(9, 1.2.3.4:5)\n[init, transport.c:165] unicast bind, affinity=1\n";
  expect(describeError(new AeronError("subscribing to aeron:udp stream 1400", -11, trace))).toBe(
    "subscribing to aeron:udp stream 1400 failed: Cannot assign requested address (failed to bind(9, 1.2.3.4:5)): this machine has no such address; name one of its own, or 0.0.0.0 for all",
  );
  const plain = new AeronError("aeron_init", 22, "invalid argument");
  expect(describeError(plain)).toBe(plain.message);
});

test("what a media driver has no room for is found anywhere in its trace", () => {
  const trace =
    "(-28) generic error, see message\n[on_error, conductor.c:1] insufficient usable storage for 5 bytes in /dev/shm\n";
  const error = new AeronError("adding a publication on aeron:ipc stream 1", -28, trace);
  expect(findInTrace(error.message, /.*nsufficient usable storage.*/)).toBe(
    "insufficient usable storage for 5 bytes in /dev/shm",
  );
  expect(findInTrace(error.message, /Cannot allocate memory/)).toBeNull();
  expect(findInTrace("no trace: Cannot allocate memory", /Cannot allocate memory/)).toBe("Cannot allocate memory");
});
