import { describe, expect, test } from "bun:test";
import type { DocBlock } from "../support/doc-blocks.ts";
import { DocPlace } from "../support/doc-place.ts";
import { playBlock } from "../support/doc-tests.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

type Plan = Parameters<typeof playBlock>[2];

async function played(script: string, plan: Partial<Plan>): Promise<void> {
  await using place = new DocPlace();
  const block: DocBlock = { page: "x", line: 1, commands: [script], script, mark: "", plan: null };
  await playBlock(place, block, { how: "run", beside: null, streamId: 10_000, needs: [], until: null, ...plan });
}

describe("a documented command that fails is found, also where its output has what is waited for", () => {
  test(
    "a program whose name in a traceback matches the pattern",
    async () => {
      const script = `cat > means.py <<'PYTHON'
import sys
raise ValueError("pipes cannot be sought in")
PYTHON
sleep 1 | python3 means.py; sleep 100`;
      await expect(played(script, { until: /mean/ })).rejects.toThrow("Traceback");
    },
    PROCESS_TEST_MS,
  );

  test(
    "a consumer whose error has the pattern",
    async () => {
      const script = "tensorpool consumer --standalone --sink raw:/dev/full";
      const plan = { beside: "standalone camera", until: /cannot be written/ } as const;
      await expect(played(script, plan)).rejects.toThrow("no space is left");
      await expect(played(script, { ...plan, how: "terminals" })).rejects.toThrow();
    },
    PROCESS_TEST_MS,
  );

  test(
    "a command that is not there, beside one that prints the pattern",
    async () => {
      const script = "no-such-program --of-this-name | cat; echo mapped; sleep 100";
      await expect(played(script, { until: /mapped|not found/ })).rejects.toThrow("command not found");
    },
    PROCESS_TEST_MS,
  );
});
