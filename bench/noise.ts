import { subject } from "./support/commands.ts";
import { type Figure, say } from "./support/report.ts";
import type { Workspace } from "./support/workspace.ts";

/** What the machine itself holds up: a loop that does nothing but read the clock, while nothing else of ours runs. */
export async function noise(workspace: Workspace, seconds: number): Promise<Figure[]> {
  say(`the machine's own hold-ups, for ${seconds} s`);
  let longestNs = 0;
  let lostShare = 0;
  const child = workspace.start(subject("spin", String(seconds)), {
    onLine: (line) => {
      ({ longestNs, lostShare } = JSON.parse(line) as { longestNs: number; lostShare: number });
    },
  });
  await child.succeeded();
  const section = "this machine";
  return [
    { section, name: `longest hold-up of an empty loop in ${seconds} s`, value: longestNs / 1e6, unit: "ms" },
    { section, name: "time lost to hold-ups of more than 20 us", value: lostShare * 100, unit: "%" },
  ];
}
