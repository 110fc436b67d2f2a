import { messageOf, SchedulerStoppedError } from "../../core/errors.ts";
import { getLogger } from "../../core/logger.ts";
import type { CommandContext } from "../command.ts";
import { DeadlineAgent } from "../deadline-agent.ts";
import { ExitCode } from "../exit.ts";
import type { OptionValues } from "../option-spec.ts";
import { ProcessRuntime, RoleRuntime } from "../role-runtime.ts";
import { RoleSet } from "../run/role-set.ts";
import { type RunPlan, runPlan } from "../run/run-plan.ts";
import { notifyServiceManager } from "../service-manager.ts";
import { startConsumer } from "./consumer.ts";
import { startDecimator } from "./decimate.ts";
import { startDriver, startMediaDriver } from "./driver.ts";
import { startProducer } from "./producer.ts";
import { startSupervisor } from "./supervisor.ts";

const log = getLogger("run");

/** `run`: all roles of one file, in one process on one scheduler. */
export async function run(context: CommandContext): Promise<number> {
  const plan = runPlan(context);
  const secondsNs = context.options.seconds("seconds");
  const driverPlan = plan.driver;
  using runtime = new ProcessRuntime({
    aeronDir: plan.aeronDir,
    clientName: "tensorpool run",
    idle: plan.idle,
    mediaDriver: driverPlan === null ? plan.mediaDriver : { start: () => startMediaDriver(driverPlan) },
  });
  const { scheduler } = runtime;
  const roles = new RoleSet(scheduler);
  if (secondsNs !== undefined) {
    scheduler.add(new DeadlineAgent(secondsNs, () => scheduler.stop("--seconds are over")));
  }
  // Running already, so that a source which is waited for holds up nobody else.
  const running = scheduler.run();
  running.catch(() => undefined);
  notifyServiceManager(scheduler, () => roles.areReady);
  try {
    if (driverPlan !== null) roles.addLasting(startDriver(runtime, driverPlan));
    if (plan.supervisor !== null) {
      roles.addLasting(startSupervisor(new RoleRuntime(plan.supervisor.options, "", runtime), plan.supervisor));
    }
    await Promise.all(startAll(plan, runtime, roles));
    roles.allStarted();
  } catch (error) {
    // After Ctrl-C a pipe may end before its first frame, and a role may come too late: these are consequences of the end.
    if (runtime.signals.received === null && !(error instanceof SchedulerStoppedError)) {
      scheduler.stop("a role could not be started");
      await running.catch((other) => {
        if (other !== error) log.error(messageOf(other));
      });
      throw error;
    }
  }
  await running;
  const code = await roles.finish();
  return code === ExitCode.DONE ? runtime.signals.exitCode(code) : code;
}

/** Consumers first: who waits for its readers finds them. */
function startAll(
  { producers, consumers, decimators }: RunPlan,
  runtime: ProcessRuntime,
  roles: RoleSet,
): Promise<void>[] {
  const runtimeOf = (options: OptionValues): RoleRuntime => new RoleRuntime(options, "", runtime);
  return [
    ...consumers.map((plan) =>
      roles.addEnding(plan.options, (onDone) => startConsumer(runtimeOf(plan.options), plan, onDone)),
    ),
    ...decimators.map((plan) =>
      roles.addEnding(plan.options, async (onDone) => startDecimator(runtimeOf(plan.options), plan, onDone)),
    ),
    ...producers.map((plan) =>
      roles.addEnding(plan.options, (onDone) => startProducer(runtimeOf(plan.options), plan, onDone)),
    ),
  ];
}
