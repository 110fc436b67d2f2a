import type { Mutation } from "./mutations.ts";

/** Faults of what `check` says. */
export const CHECK_MUTATIONS: readonly Mutation[] = [
  {
    // Beside a stream that lives, one that is expected and has no producer is not named.
    name: "idle-streams-are-not-named",
    file: "src/cli/check/findings.ts",
    from: '  const idle = streams.filter((one) => one.state === "idle"',
    to: '  const idle = streams.filter((one) => one === stream && one.state === "idle"',
    scene: "check",
  },
  {
    name: "silent-streams-are-not-named",
    file: "src/cli/check/findings.ts",
    from: '  return state === "idle" ? 0 : (lastSignSeconds ?? 0);',
    to: '  return state !== "live" ? 0 : (lastSignSeconds ?? 0);',
    scene: "check",
  },
  {
    name: "reported-losses-are-added-again",
    file: "src/supervision/model/running-total.ts",
    from: "    this.#total += count >= this.#reported ? count - this.#reported : count;",
    to: "    this.#total += count;",
    scene: "check",
  },
  {
    name: "losses-are-not-compared",
    file: "src/cli/check/findings.ts",
    from: "  const code = value === null ? PlugInCode.OK : risen(value, limits);\n  const text =\n    code",
    to: "  const code = value === null || value > 0 ? PlugInCode.OK : risen(value, limits);\n  const text =\n    code",
    scene: "check",
  },
];
