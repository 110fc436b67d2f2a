import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { SetupError } from "../ffi/native/report.mjs";
import { exitCodeOfSignal, Interrupted } from "../ffi/native/tools.mjs";

/**
 * Runs the command after set-up, on this process's stdin, stdout and stderr, and returns its exit code as a shell
 * would report it.
 *
 * A terminal delivers Ctrl-C to the command directly: forwarding it would count as a second one, so this process only
 * waits in that case. Other signals, and SIGINT without a terminal, are forwarded to the command.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<number>}
 */
export function runCommand(program, args, options) {
  return new Promise((resolve, reject) => {
    const ofTerminal = hasTerminal();
    /** @type {readonly NodeJS.Signals[]} */
    const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
    for (const signal of signals) {
      process.on(signal, () => {
        const reachesBoth = ofTerminal && (signal === "SIGINT" || signal === "SIGQUIT");
        if (!reachesBoth) child.kill(signal);
      });
    }
    // Spawned after the handlers are installed: signals sent to this process reach the command from its start.
    const child = spawn(program, args, { ...options, stdio: "inherit" });
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      if (signal === "SIGILL") {
        process.stderr.write("This CPU lacks instructions that Bun needs (the command was ended by SIGILL).\n");
      }
      resolve(code ?? exitCodeOfSignal(signal));
    });
  });
}

/** True if this process has a controlling terminal, whose Ctrl-C sends SIGINT to the whole process group. */
function hasTerminal() {
  const stat = readFileSync("/proc/self/stat", "latin1");
  // Fields after the command's name, which may contain spaces: state, ppid, pgrp, session, tty_nr.
  const terminal = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[4];
  return terminal !== "0";
}

/**
 * Ends this process with the exit code of `result`, with that of the signal that interrupted set-up, or with the error message
 * of set-up.
 *
 * @param {Promise<number>} result
 */
export async function endWith(result) {
  try {
    process.exitCode = await result;
  } catch (error) {
    if (error instanceof Interrupted) {
      process.exitCode = error.exitCode;
    } else if (error instanceof SetupError) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    } else {
      throw error;
    }
  }
}
