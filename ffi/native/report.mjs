/** A failure that the user can fix: printed without a stack trace. */
export class SetupError extends Error {}

/**
 * Reports progress on stderr: stdout belongs to the command that is being prepared.
 *
 * @param {string} message one line
 */
export function say(message) {
  process.stderr.write(`set-up: ${message}\n`);
}

/**
 * Runs one step; reports its title and duration.
 *
 * @template T
 * @param {string} title the step as a participle, e.g. "installing the packages"
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const startMs = performance.now();
  say(`${title} ...`);
  const result = await work();
  say(`${title}: done in ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  return result;
}

const RELAYED_LINES = 12;

/**
 * The end of a tool's output, where most tools report the error, indented for a message of this program.
 *
 * @param {string} output
 */
export function lastLines(output) {
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  return indented(lines.slice(-RELAYED_LINES));
}

/**
 * npm's report of a failure: the reason comes first, followed by stack traces and a page of usage.
 *
 * @param {string} output
 */
export function npmErrors(output) {
  const lines = output.split("\n").filter((line) => /^npm error .*\w/.test(line) && !/^npm error\s+at /.test(line));
  return lines.length === 0 ? lastLines(output) : indented(lines.slice(0, RELAYED_LINES));
}

function indented(/** @type {readonly string[]} */ lines) {
  return lines.map((line) => `  | ${line}`).join("\n");
}
