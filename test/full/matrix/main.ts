// The process matrix: what becomes of the roles when one of them is killed, is paused or ends, before, while and after
// frames flow. One row per case.
//
//   bun test/full/matrix/main.ts [--driver] [--case REGEX] [-o table|json|jsonl]
//
// --driver: only the deployments with a driver.
import { parseArgs } from "node:util";
import { Output } from "../../../src/cli/output/output.ts";
import { OUTPUT } from "../../../src/cli/specs/common-options.ts";
import { messageOf } from "../../../src/core/errors.ts";
import { CASES } from "./cases.ts";
import { outcomeOf, Turnstile } from "./run-matrix.ts";
import { COLUMNS, EVENT_COLUMNS } from "./table.ts";

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      case: { type: "string", default: "" },
      driver: { type: "boolean", default: false },
      output: { type: "string", short: "o", default: "table" },
    },
  });
  const pattern = new RegExp(values.case);
  const output = new Output({ format: OUTPUT.output.type.parse(values.output), width: Number.POSITIVE_INFINITY });
  const turnstile = new Turnstile();
  const outcomes = await Promise.all(
    CASES.filter(({ name }) => pattern.test(name))
      .filter(({ deployment }) => !values.driver || deployment !== "standalone")
      .map((matrixCase) =>
        turnstile.pass(async () => {
          const outcome = await outcomeOf(matrixCase);
          const verdict = outcome.problems.length === 0 ? "ok" : "PROBLEM";
          process.stderr.write(`${verdict}: ${outcome.name} [${outcome.seconds.toFixed(0)} s]\n`);
          return outcome;
        }),
      ),
  );
  output.rows(COLUMNS, outcomes);
  if (output.format === "table") {
    output.line("");
    output.rows(EVENT_COLUMNS, outcomes);
  }
  await output.flush();
  return outcomes.some(({ problems }) => problems.length > 0) ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`matrix: ${messageOf(error)}\n`);
  process.exitCode = 2;
}
