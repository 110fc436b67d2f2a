import { describe, expect, test } from "bun:test";
import { run as runConsumerConfig } from "../../src/cli/commands/consumer-config.ts";
import { run as runHello } from "../../src/cli/commands/hello.ts";
import { run as runInspect } from "../../src/cli/commands/inspect.ts";
import { run as runTap } from "../../src/cli/commands/tap.ts";
import { exitCodeOf } from "../../src/cli/exit.ts";
import type { CommandModule } from "../../src/cli/specs/command.ts";
import { messageOf } from "../../src/core/errors.ts";
import { contextOf } from "../support/command-values.ts";

const RUN: Readonly<Record<string, CommandModule["run"]>> = {
  "consumer-config": runConsumerConfig,
  hello: runHello,
  inspect: runInspect,
  tap: runTap,
};

/** Runs a command line that is refused; its exit code and what it says. */
async function refused(line: string): Promise<string> {
  const [name = "", ...args] = line.split(" ");
  try {
    const context = contextOf<never>(name, args);
    try {
      return `it ran and ended with ${await RUN[name]?.(context)}`;
    } catch (error) {
      throw context.origins.located(error);
    }
  } catch (error) {
    return `${exitCodeOf(error)} ${messageOf(error)}`;
  }
}

describe("tools refuse what they cannot do", () => {
  const CASES: readonly [line: string, expected: string][] = [
    [
      "consumer-config --mode latest",
      "2 consumer-config: <stream> is missing: the id of a stream, 1 to 4294967294, or the name of its data source (`tensorpool ls` lists them)",
    ],
    ["consumer-config 7 --mode latest", "2 consumer-config: <consumer> is missing"],
    [
      "consumer-config 7 0 --mode latest",
      '2 consumer-config: <consumer>: expected a whole number from 1 to 4294967294, found "0"',
    ],
    [
      "consumer-config 0 5 --mode latest",
      '2 consumer-config: <stream>: expected the id of a stream, 1 to 4294967294, or the name of its data source, found "0"',
    ],
    ["consumer-config 7 5", "2 consumer-config: --mode is missing, e.g. --mode stream"],
    ["consumer-config 7 5 --mode fast", '2 --mode: expected one of stream, latest, decimated, found "fast"'],
    [
      "consumer-config 7 5 --mode latest --decimation 3",
      "2 --decimation: expected --mode decimated with it, found --mode latest",
    ],
    [
      "consumer-config 7 5 --mode decimated --decimation 0",
      '2 --decimation: expected a whole number from 1 to 65535, found "0"',
    ],
    [
      "consumer-config 7 5 --mode stream --fallback http://x",
      '2 --fallback: expected aeron:ipc, aeron:udp?key=value|.. or bridge://id, found "http://x"',
    ],
    [
      "hello --stream 0",
      '2 --stream: expected the id of a stream, 1 to 4294967294, or the name of its data source, found "0"',
    ],
    [
      "hello --consumer-id 4294967295",
      '2 --consumer-id: expected a whole number from 1 to 4294967294, found "4294967295"',
    ],
    ["hello --max-rate 70000", '2 --max-rate: expected a whole number from 0 to 65535, found "70000"'],
    ["hello --progress-rows 3", "2 --progress-rows: expected --progress with it: pass it as well"],
    [
      "hello --progress --progress-interval 1ns",
      '2 --progress-interval: expected whole microseconds, at most 4294967294us, found "1ns"',
    ],
    [
      "hello --progress --progress-bytes 5GiB",
      '2 --progress-bytes: expected a size from 0 to 4294967294 bytes, such as 65536 or 64KiB, found "5GiB"',
    ],
    ["hello --aeron-dir /nowhere/aeron", "3 no media driver lives in /nowhere/aeron: start a producer"],
    ["tap --kind all", '2 --kind: expected one of control, descriptor, qos, metadata, found "all"'],
    ["tap --message Qos", "2 --message: expected ShmPoolAnnounce"],
    ["tap --count 0", "2 --count: expected a whole number"],
    ["tap -o xml", "2 "],
    ["tap --aeron-dir /nowhere/aeron", "3 no media driver lives in /nowhere/aeron"],
    ["consumer-config 7 5 --mode latest --aeron-dir /nowhere/aeron", "3 no media driver lives in /nowhere/aeron"],
    ["inspect", "2 inspect: expected a file, a folder or a stream id, found nothing"],
    ["inspect 7 --slots -1", '2 --slots: expected a whole number or all, found "-1"'],
    ["inspect /nowhere/header.ring", "3 /nowhere/header.ring: no such file or folder; /nowhere does not exist either"],
    ["inspect 7 --shm-dir /nowhere", "3 stream 7: the folder /nowhere does not exist; pass --shm-dir"],
  ];
  for (const [line, expected] of CASES) {
    test(`${line}: ${expected}`, async () => {
      expect(await refused(line)).toStartWith(expected);
    });
  }
});
