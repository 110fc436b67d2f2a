import { parseArgs } from "node:util";
import { OUTPUT_FORMATS, parseOutputFormat } from "../src/cli/output.ts";
import { messageOf, UsageError } from "../src/core/errors.ts";
import { allocation } from "./allocation.ts";
import { frameCost } from "./frame-cost.ts";
import { isolation } from "./isolation.ts";
import { noise } from "./noise.ts";
import { type Figure, print, say } from "./support/report.ts";
import { Workspace } from "./support/workspace.ts";
import { throughput } from "./throughput.ts";

const HELP = `npm run bench -- [section ...] [--quick] [-o table|json|jsonl]

Measures and compares, all in one run; compare ratios, not figures of different runs. Sections:
  noise       what the machine itself holds up
  throughput  frames/s from process to process at 64 B, and zeromq.js over ipc:// in Node
  cost        nanoseconds of a frame in the producer: in place, copied, memcpy alone
  allocation  bytes allocated per frame, by producer and consumer
  isolation   what a stopped, a slow and a killed consumer change for the others (four minutes; only when named)
--quick is shorter and says less.
`;

type Section = (workspace: Workspace, isQuick: boolean) => Promise<Figure[]>;

const SECTIONS: Readonly<Record<string, Section>> = {
  noise: (workspace, isQuick) => noise(workspace, isQuick ? 2 : 10),
  throughput: (workspace, isQuick) => throughput(workspace, { frames: isQuick ? 3e6 : 9e6, rounds: isQuick ? 1 : 5 }),
  cost: (workspace, isQuick) => frameCost(workspace, { batches: isQuick ? 1000 : 5000 }),
  allocation: (workspace, isQuick) => allocation(workspace, { warmUpFrames: 2e6, frames: isQuick ? 3e6 : 10e6 }),
  isolation: (workspace, isQuick) =>
    isolation(workspace, { watchedSeconds: isQuick ? 6 : 30, stops: isQuick ? [0.1, 5] : [0.1, 5, 15] }),
};
const WITHOUT_NAMES = ["noise", "throughput", "cost", "allocation"];

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      output: { type: "string", short: "o", default: OUTPUT_FORMATS[0] },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const format = parseOutputFormat(values.output);
  const sections = (positionals.length === 0 ? WITHOUT_NAMES : positionals).map((name) => {
    const section = SECTIONS[name];
    if (section === undefined) {
      throw new UsageError(`unknown section "${name}": expected ${Object.keys(SECTIONS).join(", ")}`, { found: name });
    }
    return section;
  });
  using workspace = new Workspace();
  const figures: Figure[] = [];
  for (const section of sections) figures.push(...(await section(workspace, values.quick)));
  await print(figures, format);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  say(`bench: ${messageOf(error)}`);
  process.exitCode = error instanceof UsageError || error instanceof TypeError ? 2 : 1;
}
