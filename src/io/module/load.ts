import { stat } from "node:fs/promises";
import { errnoOf, readProblem } from "../../core/system-errors.ts";
import { SinkError, SourceError } from "../errors.ts";
import type { OpenOptions } from "../spec.ts";
import type { ModuleContext } from "./contract.ts";
import { describe, isObject, type ModuleFaults } from "./faults.ts";

/** The name under which user modules import this library. */
const LIBRARY_NAME = "tensorpool";
/** Loading a module that takes longer than this is reported to the user. */
const WAITING_NOTICE_MS = 250;

let loadLibrary: (() => Promise<object>) | null = null;
let isInstalled = false;

/**
 * Lets user modules anywhere on disk import this library by its name, even from a compiled executable. The library is above this layer, so
 * it is passed in; it is loaded when a module imports it.
 */
export function provideModuleLibrary(load: () => Promise<object>): void {
  loadLibrary = load;
}

/** Module resolution is changed only in a process that loads a module. */
async function installLibrary(): Promise<void> {
  const load = loadLibrary;
  if (load === null || isInstalled) return;
  isInstalled = true;
  await Bun.plugin({
    name: LIBRARY_NAME,
    setup(build) {
      build.module(LIBRARY_NAME, async () => ({ exports: { ...(await load()) }, loader: "object" }));
    },
  });
}

/** Waits for `work` until the signal aborts, and reports a wait that takes longer. Its errors are the module's. */
export async function awaitModule<Result>(
  work: PromiseLike<Result>,
  what: string,
  faults: ModuleFaults,
  { signal, onWaiting }: OpenOptions,
): Promise<Result> {
  const notice = setTimeout(() => onWaiting?.(`waiting for ${what} of module:${faults.path}`), WAITING_NOTICE_MS);
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(faults.aborted(what));
  });
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted) onAbort();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    clearTimeout(notice);
    signal?.removeEventListener("abort", onAbort);
  }
}

/**
 * Loads a user's module and finds its export for this side: `source` or `sink` by name, otherwise the default. A function is called with
 * the options. @throws SourceError, SinkError
 */
export async function loadExport(
  faults: ModuleFaults,
  context: ModuleContext,
  openOptions: OpenOptions,
): Promise<Record<string, unknown>> {
  await requireFile(faults);
  await installLibrary();
  const exports = await importFile(faults, openOptions);
  const exported = exports[faults.side] ?? exports.default;
  const name = exports[faults.side] === undefined ? "the default export" : `the export "${faults.side}"`;
  if (exported === undefined) {
    const names = Object.keys(exports);
    throw faults.fault(
      `an export named "${faults.side}", or a default export`,
      names.length === 0 ? "no exports" : `the exports ${names.join(", ")}`,
    );
  }
  if (typeof exported !== "function") {
    const keys = Object.keys(context.options);
    if (keys.length > 0) {
      throw faults.fault(`${name} to be a function, which takes the options ${keys.join(", ")}`, describe(exported));
    }
    return requireObject(exported, name, faults);
  }
  const made = await callExport(exported as (context: ModuleContext) => unknown, name, faults, context, openOptions);
  return requireObject(made, `${name} to return`, faults);
}

async function callExport(
  exported: (context: ModuleContext) => unknown,
  name: string,
  faults: ModuleFaults,
  context: ModuleContext,
  openOptions: OpenOptions,
): Promise<unknown> {
  const call = async (): Promise<unknown> => exported(context);
  try {
    return await awaitModule(call(), `the ${faults.side}`, faults, openOptions);
  } catch (error) {
    if (openOptions.signal?.aborted) throw error;
    throw faults.thrown(`${name} to return a ${faults.side}`, error);
  }
}

function requireObject(value: unknown, what: string, faults: ModuleFaults): Record<string, unknown> {
  if (isObject(value) && !Array.isArray(value)) return value;
  const wanted =
    faults.side === "source" ? 'an object with "fill" or "frames"' : 'an object with "frame" or "copiedFrame"';
  throw faults.fault(`${what} ${wanted}`, describe(value));
}

async function requireFile(faults: ModuleFaults): Promise<void> {
  let found: string;
  try {
    const stats = await stat(faults.file);
    if (stats.isFile()) return;
    found = stats.isDirectory() ? "a directory" : "something else";
  } catch (error) {
    const errno = errnoOf(error);
    const message = `module:${faults.path}: cannot be read: ${readProblem(errno)}`;
    const details = { expected: "a file", found: errno, cause: error };
    if (faults.side === "sink") throw new SinkError("module", message, details);
    throw new SourceError(errno === "ENOENT" || errno === "ENOTDIR" ? "not-found" : "module", message, details);
  }
  throw faults.fault("a file", found);
}

async function importFile(faults: ModuleFaults, openOptions: OpenOptions): Promise<Record<string, unknown>> {
  try {
    const importing = import(faults.file) as Promise<Record<string, unknown>>;
    return await awaitModule(importing, "the exports", faults, openOptions);
  } catch (error) {
    if (openOptions.signal?.aborted) throw error;
    throw faults.thrown("a module that loads", error);
  }
}
