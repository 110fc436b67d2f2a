import { availableParallelism } from "node:os";
import { MUTATIONS, type Mutation } from "./mutations.ts";

/** A mutation that so many schedules do not find is not found. */
export const MAX_SEEDS = 1000;

interface Outcome {
  readonly mutation: Mutation;
  /** The seed that failed; null when none did. */
  readonly seed: number | null;
  readonly failure: string;
}

/** Simulates each mutation of the shipped code until a schedule fails; the files on disk are not touched. */
export async function runMutations(
  mutations: readonly Mutation[],
  onOutcome: (outcome: Outcome) => void,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const queue = [...mutations];
  const worker = async (): Promise<void> => {
    for (let mutation = queue.shift(); mutation !== undefined; mutation = queue.shift()) {
      const outcome = await runMutation(mutation);
      outcomes.push(outcome);
      onOutcome(outcome);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return outcomes;
}

async function runMutation(mutation: Mutation): Promise<Outcome> {
  const script = `${import.meta.dir}/mutation-subject.ts`;
  const command = [
    process.execPath,
    "--preload",
    `${import.meta.dir}/mutation-loader.ts`,
    script,
    String(MAX_SEEDS),
    mutation.scene ?? "host",
  ];
  const child = Bun.spawn(command, {
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, SIM_MUTATION: mutation.name },
  });
  const [text, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(`${mutation.name}: ${errors}`);
  return { mutation, ...(JSON.parse(text) as { seed: number | null; failure: string }) };
}

export async function findMutations(names: readonly string[]): Promise<number> {
  const chosen = names.length === 0 ? MUTATIONS : MUTATIONS.filter(({ name }) => names.includes(name));
  const outcomes = await runMutations(chosen, ({ mutation, seed, failure }) => {
    const verdict = seed === null ? "NOT FOUND" : `seed ${seed}: ${failure.slice(0, 110)}`;
    console.log(`${mutation.name.padEnd(38)} ${verdict}`);
  });
  const missed = outcomes.filter(({ seed }) => seed === null).length;
  console.log(
    `${outcomes.length - missed} of ${outcomes.length} mutations are found within ${MAX_SEEDS} schedules each`,
  );
  return missed === 0 ? 0 : 1;
}
