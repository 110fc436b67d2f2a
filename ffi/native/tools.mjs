import { spawn } from "node:child_process";
import { constants } from "node:os";
import { SetupError } from "./report.mjs";

/** The running tools of set-up: each leads its own process group, so that its children end with it. */
const running = new Set();
/**
 * File descriptors that every tool inherits; see lock.mjs.
 *
 * @type {Set<number>}
 */
export const inheritedByTools = new Set();
/** @type {NodeJS.Signals | null} */
let interruptedBy = null;

/** @typedef {{ code: number, output: string, missing: boolean }} ToolResult `code` as in a shell; `missing`: no such program */

/**
 * Runs a tool to its end and collects its output.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<ToolResult>}
 */
export function runTool(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    if (interruptedBy !== null) {
      reject(new Interrupted(interruptedBy));
      return;
    }
    const child = spawn(program, args, {
      ...options,
      stdio: ["ignore", "pipe", "pipe", ...inheritedByTools],
      detached: true,
    });
    let output = "";
    const collect = (/** @type {Buffer} */ chunk) => {
      output += chunk.toString();
    };
    child.stdout?.on("data", collect);
    child.stderr?.on("data", collect);
    running.add(child);
    child.on("error", (/** @type {NodeJS.ErrnoException} */ error) => {
      running.delete(child);
      if (error.code === "ENOENT" || error.code === "EACCES")
        resolve({ code: 127, output: error.message, missing: true });
      else reject(new SetupError(`${program} could not be started: ${error.message}`));
    });
    child.on("close", (code, signal) => {
      running.delete(child);
      if (interruptedBy !== null) reject(new Interrupted(interruptedBy));
      else resolve({ code: code ?? exitCodeOfSignal(signal), output, missing: false });
    });
  });
}

/** Thrown by set-up after a signal interrupted it. */
export class Interrupted extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`interrupted by ${signal}`);
    this.exitCode = exitCodeOfSignal(signal);
  }
}

/**
 * The exit code that a shell reports for a process that was ended by a signal.
 *
 * @param {NodeJS.Signals | null} signal
 */
export function exitCodeOfSignal(signal) {
  return signal === null ? 1 : 128 + constants.signals[signal];
}

/** From here on a signal stops the running tools and makes set-up fail with `Interrupted`, without leaving partial results. */
export function stopToolsOnSignals() {
  /** @type {readonly NodeJS.Signals[]} */
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  const onSignal = (/** @type {NodeJS.Signals} */ signal) => {
    interruptedBy ??= signal;
    signalTools("SIGTERM");
    // A tool that ignores SIGTERM must not keep the user waiting.
    setTimeout(() => signalTools("SIGKILL"), 2000).unref();
  };
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}

export function isInterrupted() {
  return interruptedBy !== null;
}

/** Throws if a signal asked set-up to stop; called between two tools. */
export function throwIfInterrupted() {
  if (interruptedBy !== null) throw new Interrupted(interruptedBy);
}

/** @param {NodeJS.Signals} signal */
function signalTools(signal) {
  for (const child of running) {
    if (child.pid === undefined) continue;
    try {
      process.kill(-child.pid, signal);
    } catch (error) {
      // ESRCH: the process has already ended, as intended.
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ESRCH") throw error;
    }
  }
}
