import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { onlineNumaNodes } from "../../src/shm/index.ts";
import { TemporaryDirectory } from "../support/shm.ts";

describe("NUMA nodes", () => {
  test("are read as single ones and ranges; null where the kernel does not tell", () => {
    using directory = new TemporaryDirectory();
    const file = directory.at("online");
    const nodesOf = (text: string) => {
      writeFileSync(file, text);
      return onlineNumaNodes(file);
    };
    expect(nodesOf("0\n")).toEqual([0]);
    expect(nodesOf("0-3\n")).toEqual([0, 1, 2, 3]);
    expect(nodesOf("0,2-3,8\n")).toEqual([0, 2, 3, 8]);
    expect(onlineNumaNodes(directory.at("absent"))).toBeNull();
  });
});
