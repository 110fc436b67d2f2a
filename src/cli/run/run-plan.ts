import type { ConfigFile, GeneralSettings, GivenValues, Origin, Origins, Sourced } from "../../config/index.ts";
import { UsageError } from "../../core/errors.ts";
import type { IdleChoice } from "../../core/idle/index.ts";
import type { MediaDriverChoice } from "../../process/host.ts";
import { BridgeReceivePlan } from "../bridge/receive.ts";
import { BridgeSendPlan } from "../bridge/send.ts";
import { ConsumerPlan } from "../commands/consumer.ts";
import { DecimatePlan } from "../commands/decimate.ts";
import { DriverPlan } from "../commands/driver.ts";
import { ProducerPlan } from "../commands/producer.ts";
import { SupervisorPlan } from "../commands/supervisor.ts";
import { type RoleSources, roleContext, type ValuesByRole } from "../config/role-options.ts";
import { RecordPlan } from "../record/record-plan.ts";
import { processOptionsOf, streamIdOf } from "../role/role-runtime.ts";
import type { CommandContext } from "../specs/command.ts";
import type { RunValues } from "../specs/driver.ts";
import type { ProducerValues } from "../specs/roles.ts";

/** Every role of a file, validated before any of them is started. */
export interface RunPlan {
  readonly driver: DriverPlan | null;
  readonly supervisor: SupervisorPlan | null;
  readonly producers: readonly ProducerPlan[];
  readonly consumers: readonly ConsumerPlan[];
  readonly decimators: readonly DecimatePlan[];
  readonly recorders: readonly RecordPlan[];
  readonly bridgeSenders: readonly BridgeSendPlan[];
  readonly bridgeReceivers: readonly BridgeReceivePlan[];
  readonly aeronDir: string;
  readonly idle: IdleChoice;
  /** How a media driver is obtained if there is no driver to bring one. */
  readonly mediaDriver: MediaDriverChoice;
}

/** The inputs of a plan: the options of `run`, and the settings that they name. */
export type RunContext = Pick<CommandContext<RunValues>, "values" | "origins" | "settings" | "commands">;

/** @throws UsageError with the location of the mistake */
export function runPlan({ values, origins, settings, commands }: RunContext): RunPlan {
  const file = settings?.file ?? null;
  if (settings === null || file === null) {
    throw new UsageError(
      "run: no settings file is named: pass --config FILE (`tensorpool config init --to FILE` writes one)",
      {
        expected: "--config FILE",
      },
    );
  }
  const { general } = settings;
  const sources: RoleSources = { commands, file, settings, env: process.env };
  const flags = flagsForRoles(values, origins);
  const tables = <Name extends Exclude<keyof ValuesByRole, "driver">, Plan>(
    name: Name,
    plan: new (context: ReturnType<typeof roleContext<Name>>) => Plan,
  ): Plan[] =>
    (file.tables.get(name) ?? []).map((table) => {
      const context = roleContext(name, table, flags, sources);
      return located(context.origins, () => new plan(context));
    });
  const hasStreams = general.streams.size > 0 || general.get("policies.allow_dynamic_streams") === true;
  const driver = hasStreams && values.driver ? roleContext("driver", null, flags, sources) : null;
  const [supervisor = null] = tables("supervisor", SupervisorPlan);
  const plan = {
    driver: driver === null ? null : located(driver.origins, () => new DriverPlan(driver)),
    supervisor,
    producers: tables("producer", ProducerPlan),
    consumers: tables("consumer", ConsumerPlan),
    decimators: tables("decimate", DecimatePlan),
    recorders: tables("record", RecordPlan),
    bridgeSenders: tables("bridge send", BridgeSendPlan),
    bridgeReceivers: tables("bridge receive", BridgeReceivePlan),
  };
  const roles = [
    ...plan.producers,
    ...plan.consumers,
    ...plan.decimators,
    ...plan.recorders,
    ...plan.bridgeSenders,
    ...plan.bridgeReceivers,
    ...(plan.supervisor === null ? [] : [plan.supervisor]),
  ];
  if (plan.driver === null && roles.length === 0) {
    throw new UsageError(
      `${file.name}: no roles to run: add [streams.NAME] for a driver, [[producers]], [[consumers]], [[decimators]], [[recorders]], [[bridge_senders]], [[bridge_receivers]] or [supervisor]`,
    );
  }
  refuseMixedOutput(file, roles);
  if (plan.driver !== null) refuseStandalone(plan.producers, general);
  const processes = roles.map((role) =>
    processOptionsOf(role instanceof SupervisorPlan ? role.runtime : role.values, ""),
  );
  const dirs = new Set([...(plan.driver === null ? [] : [plan.driver.aeronDir]), ...processes.map((p) => p.aeronDir)]);
  if (dirs.size > 1) {
    throw new UsageError(
      `${file.name}: its roles name several Aeron folders (${[...dirs].join(", ")}), but one process uses one: name one folder, or start the others separately`,
      { found: [...dirs].join(", ") },
    );
  }
  const choices = processes.map(({ mediaDriver }) => mediaDriver);
  return {
    ...plan,
    aeronDir: [...dirs][0] as string,
    idle: values.idle,
    mediaDriver: (["embedded", "auto"] as const).find((choice) => choices.includes(choice)) ?? "external",
  };
}

/** Adds to an error about a role's option the place where the option was set. */
function located<T>(origins: Origins, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw origins.located(error);
  }
}

/** Flags of the whole run, which apply to each role. */
function flagsForRoles(values: RunValues, origins: Origins): GivenValues {
  const flags = new Map<string, Sourced>();
  for (const name of ["config", "output", "quiet", "color"] as const) {
    const origin: Origin = { kind: "flag", name };
    // A general setting in the file has lower precedence than a role's own setting.
    const isAbove = origins.has(name) && origins.of(name).kind !== "file";
    if (isAbove) flags.set(name, { value: values[name], origin });
  }
  return flags;
}

/** Rejects standalone producers of the driver's streams: the driver owns their regions. @throws UsageError */
function refuseStandalone(producers: readonly ProducerPlan[], general: GeneralSettings): void {
  for (const { values, origins } of producers) {
    const streamId = streamIdOf(values);
    const served = [...general.streams.values()].find((stream) => stream.streamId === streamId);
    if (!values.standalone || served === undefined) continue;
    throw new UsageError(
      `${origins.nameOf("standalone")}: the driver of this file serves stream ${streamId} ([streams.${served.name}]), ` +
        "so a standalone producer of it is refused: leave standalone out",
    );
  }
}

/** Rows of several roles on one standard output must name their role; those of tables and JSON arrays do not. @throws UsageError */
function refuseMixedOutput(
  file: ConfigFile,
  roles: readonly { values: Pick<ProducerValues, "statsInterval" | "output"> }[],
): void {
  const telling = roles.filter((role) => role.values.statsInterval > 0);
  if (telling.length < 2 || telling.every((role) => role.values.output === "jsonl")) return;
  throw new UsageError(
    `${file.name}: ${telling.length} roles print statistics on one standard output, and only JSON rows name their role: pass -o jsonl`,
    { expected: "-o jsonl" },
  );
}
