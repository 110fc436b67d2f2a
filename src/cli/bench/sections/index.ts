import type { SectionResult } from "../figures.ts";
import type { BenchOptions } from "../options.ts";
import type { Workspace } from "../workspace.ts";
import { bridge } from "./bridge.ts";
import { compare } from "./compare.ts";
import { idle } from "./idle.ts";
import { interference } from "./interference.ts";
import { latency } from "./latency.ts";
import { pingpong } from "./pingpong.ts";
import { record } from "./record.ts";
import { scale } from "./scale.ts";
import { stream } from "./stream.ts";
import { sustained } from "./sustained.ts";
import { throughput } from "./throughput.ts";
import { view } from "./view.ts";

type Section = (workspace: Workspace, options: BenchOptions) => Promise<SectionResult>;

/** The sections in the order of `bench all`. */
export const SECTIONS: Readonly<Record<string, Section>> = {
  throughput,
  compare,
  latency,
  pingpong,
  sustained,
  stream,
  record,
  bridge,
  view,
  scale,
  interference,
  idle,
};
