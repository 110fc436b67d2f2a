import type { Import, SourceFile } from "./source-tree.ts";

/** From the bottom up: a file imports its own layer and those before it. */
const LAYERS = [
  "ffi",
  "core",
  "sbe",
  "protocol",
  "supervision/model",
  "shm",
  "aeron",
  // What is in a recording's file, for those who write and read it; the recorder itself is a consumer, and above the roles.
  "recording",
  "io",
  "roles",
  "supervision",
  // What watches streams from outside, for tools.
  "observe",
  "process",
  "recorder",
  "bridge",
  "library",
  "index",
  "view",
  "web",
  "config",
  "cli",
  // What makes a checkout or an installed package ready, in plain Node, and starts its programs.
  "setup",
  "build",
];

/** Layers that may use less than what is below them, and why. */
const NARROWER: Readonly<Record<string, { may: readonly string[]; because: string }>> = {
  protocol: { may: ["core", "sbe"], because: "a simulation has to be able to run it without files, maps and Aeron" },
  "supervision/model": {
    may: ["core", "sbe", "protocol"],
    because: "what is known of a deployment, and who is steered, follow from messages and times alone",
  },
  recording: {
    may: ["ffi", "core", "protocol", "shm"],
    because: "a source that replays a recording is below the roles, and files are read without Aeron",
  },
  setup: { may: ["ffi"], because: "it runs before there are packages and a Bun" },
  io: { may: ["ffi", "core", "protocol", "recording"], because: "sources and sinks know nothing of how frames travel" },
};

/** The layer of a file; null for what is outside of the house (tests, benches, examples). */
function layerOf(path: string): string | null {
  if (path === "src/index.ts") return "index";
  if (path === "build.ts" || path === "ffi/native/embedded-entry.ts" || path.startsWith("packaging/")) return "build";
  if (path.startsWith("ffi/")) return "ffi";
  if (path.startsWith("setup/")) return "setup";
  if (path.startsWith("src/supervision/model/")) return "supervision/model";
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? null;
}

/** Says what is wrong with an import of a file; null when nothing is. */
export function layerViolation(file: SourceFile, { specifier, target }: Import): string | null {
  const from = layerOf(file.path);
  if (target === null || from === null) return null;
  const says = `${file.path} imports ${specifier}`;
  if (/^(test|bench|examples)\//.test(target)) return `${says}: the program does not depend on its tests or examples`;
  const to = layerOf(target);
  if (to === null || to === from) return null;
  for (const layer of [from, to]) {
    if (!LAYERS.includes(layer)) return `${says}: ${layer} is no layer; they are ${LAYERS.join(" < ")}`;
  }
  if (LAYERS.indexOf(to) > LAYERS.indexOf(from)) return `${says}: ${from} is below ${to}, and imports point down`;
  const narrower = NARROWER[from];
  if (narrower === undefined || narrower.may.includes(to)) return null;
  return `${says}: ${from} may import ${narrower.may.join(", ")} only, because ${narrower.because}`;
}
