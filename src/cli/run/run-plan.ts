import { type ConfigFile, commonFromEnvironment, type GeneralSettings, type GivenValues } from "../../config/index.ts";
import { UsageError } from "../../core/errors.ts";
import type { IdleChoice } from "../../core/idle/index.ts";
import { parseIdleStrategy } from "../../core/idle/index.ts";
import type { CommandContext } from "../command.ts";
import { ConsumerPlan } from "../commands/consumer.ts";
import { DecimatePlan } from "../commands/decimate.ts";
import { DriverPlan } from "../commands/driver.ts";
import { ProducerPlan } from "../commands/producer.ts";
import { SupervisorPlan } from "../commands/supervisor.ts";
import { CONFIG_OPTION } from "../common-options.ts";
import { readSettings } from "../config/read-settings.ts";
import { type RoleSources, roleOptions } from "../config/role-options.ts";
import { settingsSchema } from "../config/schema.ts";
import type { OptionValues } from "../option-spec.ts";
import { type MediaDriverChoice, processOptionsOf, streamIdOf } from "../role-runtime.ts";

/** Every role of a file, checked before anything of them is started. */
export interface RunPlan {
  readonly driver: DriverPlan | null;
  readonly supervisor: SupervisorPlan | null;
  readonly producers: readonly ProducerPlan[];
  readonly consumers: readonly ConsumerPlan[];
  readonly decimators: readonly DecimatePlan[];
  readonly aeronDir: string;
  readonly idle: IdleChoice;
  /** How a media driver is come by where there is no driver to bring one. */
  readonly mediaDriver: MediaDriverChoice;
}

/** @throws UsageError naming the place of a mistake; NotFoundError when there is no such file */
export function runPlan({ options, commands, positionals, rawArguments }: CommandContext): RunPlan {
  const config = options.given.get("config") ?? commonFromEnvironment([CONFIG_OPTION], process.env).get("config");
  if (config === undefined) {
    throw new UsageError(
      "run: no file says which roles to run: pass --config FILE (`tensorpool config init --to FILE` writes one)",
      {
        expected: "--config FILE",
      },
    );
  }
  const { file, general } = readSettings(settingsSchema(commands), config, process.env);
  const sources: RoleSources = { commands, file: file as ConfigFile, general, env: process.env };
  const flags = flagsForRoles(options);
  const tables = (name: string): OptionValues[] =>
    (sources.file.tables.get(name) ?? []).map((table) => roleOptions(name, table, flags, sources));
  const hasStreams = general.streams.size > 0 || general.get("policies.allow_dynamic_streams") === true;
  const context = (roleOptionValues: OptionValues): CommandContext => ({
    options: roleOptionValues,
    commands,
    positionals,
    rawArguments,
  });
  const [supervisor] = tables("supervisor");
  const plan = {
    driver:
      hasStreams && options.flag("driver") !== false
        ? new DriverPlan(context(roleOptions("driver", null, flags, sources)))
        : null,
    supervisor: supervisor === undefined ? null : new SupervisorPlan(context(supervisor)),
    producers: tables("producer").map((each) => new ProducerPlan(each)),
    consumers: tables("consumer").map((each) => new ConsumerPlan(each)),
    decimators: tables("decimate").map((each) => new DecimatePlan(each)),
  };
  const roles = [
    ...plan.producers,
    ...plan.consumers,
    ...plan.decimators,
    ...(plan.supervisor === null ? [] : [plan.supervisor]),
  ];
  if (plan.driver === null && roles.length === 0) {
    throw new UsageError(
      `${sources.file.name}: no roles to run: add [streams.NAME] for a driver, [[producers]], [[consumers]], [[decimators]] or [supervisor]`,
    );
  }
  refuseMixedOutput(sources.file, roles);
  if (plan.driver !== null) refuseStandalone(plan.producers, general);
  const processes = roles.map((role) => processOptionsOf(role.options, ""));
  const dirs = new Set([...(plan.driver === null ? [] : [plan.driver.aeronDir]), ...processes.map((p) => p.aeronDir)]);
  if (dirs.size > 1) {
    throw new UsageError(
      `${sources.file.name}: its roles name several Aeron folders (${[...dirs].join(", ")}), and one process has one: name one, or start the others by themselves`,
      { found: [...dirs].join(", ") },
    );
  }
  const choices = processes.map(({ mediaDriver }) => mediaDriver);
  return {
    ...plan,
    aeronDir: [...dirs][0] as string,
    idle: parseIdleStrategy(options.text("idle") ?? "backoff"),
    mediaDriver: (["embedded", "auto"] as const).find((choice) => choices.includes(choice)) ?? "external",
  };
}

/** What is said of the whole run, and holds for each role. */
function flagsForRoles(options: OptionValues): GivenValues {
  const flags = new Map<string, { value: string | boolean; origin: { kind: "flag"; name: string } }>();
  for (const name of ["config", "output", "quiet", "color"]) {
    const given = options.given.get(name);
    if (given !== undefined) flags.set(name, { value: given.value, origin: { kind: "flag", name } });
  }
  return flags;
}

/** The driver owns the regions of its streams. @throws UsageError */
function refuseStandalone(producers: readonly ProducerPlan[], general: GeneralSettings): void {
  for (const { options } of producers) {
    const streamId = streamIdOf(options);
    const served = [...general.streams.values()].find((stream) => stream.streamId === streamId);
    if (options.flag("standalone") !== true || served === undefined) continue;
    throw new UsageError(
      `${options.nameOf("standalone")}: the driver of this file serves stream ${streamId} ([streams.${served.name}]), ` +
        "so a standalone producer of it is refused: leave standalone out",
    );
  }
}

/** Rows of several roles on one standard output have to say whose they are: a table's and an array's do not. @throws UsageError */
function refuseMixedOutput(file: ConfigFile, roles: readonly { options: OptionValues }[]): void {
  const telling = roles.filter((role) => (role.options.seconds("stats-interval") ?? 0) > 0);
  if (telling.length < 2 || telling.every((role) => role.options.text("output") === "jsonl")) return;
  throw new UsageError(
    `${file.name}: ${telling.length} roles print statistics on one standard output, and only rows that name their role can be told apart: pass -o jsonl`,
    { expected: "-o jsonl" },
  );
}
