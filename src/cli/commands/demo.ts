import { allowsColour, paletteOf } from "../../core/colours.ts";
import { StreamWriter } from "../../core/stream-writer.ts";
import type { DemoValues } from "../commands.ts";
import { aeronDirOf } from "../config/aeron-dir.ts";
import { Demo } from "../demo/demo.ts";
import { JsonView } from "../demo/json-view.ts";
import { LineView } from "../demo/line-view.ts";
import { LiveView } from "../demo/live-view.ts";
import { planDemo } from "../demo/plan.ts";
import { summaryText } from "../demo/summary.ts";
import { DemoViewer } from "../demo/viewer.ts";
import { Workspace } from "../demo/workspace.ts";
import { ExitCode } from "../exit.ts";
import { StopSignals } from "../lifetime/signals.ts";
import { printError } from "../output/console.ts";
import { Output } from "../output/output.ts";
import type { CommandContext } from "../specs/command.ts";

const STDOUT = 1;
const MAX_SUMMARY_WIDTH = 100;

/** `demo`: runs a producer and two consumers, one of them slow on purpose. */
export async function run({ values }: CommandContext<DemoValues>): Promise<number> {
  const { output: format } = values;
  const plan = await planDemo(values);
  let demo: Demo | null = null;
  let viewer: DemoViewer | null = null;
  const writer = new StreamWriter(STDOUT, {
    maxQueuedBytes: Number.POSITIVE_INFINITY,
    onClosed: () => demo?.stop("output closed"),
  });
  const output = new Output({ format, writer });
  const view = viewFor(output, writer);
  const workspace = new Workspace({
    shmDir: values.shmDir,
    aeronDir: values.aeronDir !== undefined ? aeronDirOf(values) : undefined,
  });
  const leave = (): void => {
    view.close();
    demo?.kill();
    viewer?.kill();
    workspace.remove();
  };
  // A second Ctrl-C, or any other immediate exit, also leaves nothing behind.
  process.once("exit", leave);
  try {
    using signals = new StopSignals({ onStop: (signal) => demo?.stop(signal) });
    if (values.web !== undefined) {
      viewer = await DemoViewer.start(values.web, workspace);
      printError(`streams and frames, live: ${viewer.url}`);
    }
    demo = new Demo(plan, workspace, view);
    const outcome = await demo.run();
    await viewer?.finish();
    if (view instanceof JsonView) view.summary(outcome);
    leave();
    if (format === "table" && !values.quiet) {
      const width = Math.min(output.width ?? MAX_SUMMARY_WIDTH, MAX_SUMMARY_WIDTH);
      output.line("");
      for (const line of summaryText(plan, outcome, output.palette, width)) output.line(line);
    }
    await output.flush();
    return signals.exitCode(ExitCode.DONE);
  } finally {
    leave();
    process.off("exit", leave);
  }
}

/** The live display needs a terminal that supports redrawing; CI logs and NO_COLOR get lines. */
function viewFor(output: Output, writer: StreamWriter): LiveView | LineView | JsonView {
  if (output.format !== "table") return new JsonView(output);
  const { stdout } = process;
  const isDrawn = stdout.isTTY === true && (process.env.CI ?? "") === "" && allowsColour(stdout);
  return isDrawn ? new LiveView(writer, paletteOf(true), stdout) : new LineView(output);
}
