import { expect, test } from "bun:test";
import { type AwaitingRole, describeWait } from "../../src/cli/role/wait-reporter.ts";

const ROLE: AwaitingRole = {
  kind: "consumer",
  streamId: 7,
  needsDriver: true,
  isReady: () => false,
  refusal: () => null,
};

test("a role that waits for room says so, with the next step, and does not advise another deployment", () => {
  const shortage = "the media driver cannot make publication 1000: insufficient usable storage";
  for (const needsDriver of [true, false]) {
    const text = describeWait({ ...ROLE, needsDriver }, { aeronDir: "/a", shortage }, []);
    expect(text).toMatch(/^stream 7: waiting for room: the media driver cannot make .*storage; `tensorpool gc`/);
    expect(text).not.toContain("--standalone");
  }
  expect(describeWait(ROLE, { aeronDir: "/a", shortage: null }, [])).toContain("start `tensorpool driver --stream 7`");
});
