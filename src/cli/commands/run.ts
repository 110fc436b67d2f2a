import { messageOf, SchedulerStoppedError } from "../../core/errors.ts";
import { getLogger } from "../../core/logger.ts";
import { type BridgeReceivePlan, startBridgeReceiver } from "../bridge/receive.ts";
import { type BridgeSendPlan, startBridgeSender } from "../bridge/send.ts";
import { ExitCode } from "../exit.ts";
import { DeadlineAgent } from "../lifetime/deadline-agent.ts";
import { notifyServiceManager } from "../lifetime/service-manager.ts";
import type { RecordPlan } from "../record/record-plan.ts";
import { ProcessRuntime, RoleRuntime } from "../role/role-runtime.ts";
import type { RunningRole } from "../role/running-role.ts";
import { RoleSet } from "../run/role-set.ts";
import { type RunPlan, runPlan } from "../run/run-plan.ts";
import type { CommandContext } from "../specs/command.ts";
import type { RunValues } from "../specs/driver.ts";
import { type ConsumerPlan, startConsumer } from "./consumer.ts";
import { type DecimatePlan, startDecimator } from "./decimate.ts";
import { startDriver, startMediaDriver } from "./driver.ts";
import { type ProducerPlan, startProducer } from "./producer.ts";
import { startRecorder } from "./record.ts";
import { startSupervisor } from "./supervisor.ts";

const log = getLogger("run");

/** `run`: runs all roles of one file in one process, on one scheduler. */
export async function run(context: CommandContext<RunValues>): Promise<number> {
  const plan = runPlan(context);
  const secondsNs = context.values.seconds;
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
  // The scheduler runs already, so that a slow source delays no other role.
  const running = scheduler.run();
  running.catch(() => undefined);
  notifyServiceManager(scheduler, () => roles.areReady);
  try {
    if (driverPlan !== null) roles.addLasting(startDriver(runtime, driverPlan));
    if (plan.supervisor !== null) {
      roles.addLasting(startSupervisor(new RoleRuntime(plan.supervisor.runtime, "", runtime), plan.supervisor));
    }
    await Promise.all(startAll(plan, runtime, roles));
    roles.allStarted();
  } catch (error) {
    // After Ctrl-C a pipe may end before its first frame, or a role may start too late: such errors only follow from the stop.
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

type StreamRolePlan = ProducerPlan | ConsumerPlan | DecimatePlan | RecordPlan | BridgeSendPlan | BridgeReceivePlan;

/** Starts consumers first, so that a producer that waits for consumers finds them. */
function startAll(
  { producers, consumers, decimators, recorders, bridgeSenders, bridgeReceivers }: RunPlan,
  runtime: ProcessRuntime,
  roles: RoleSet,
): Promise<void>[] {
  const start = async (
    { values, origins }: StreamRolePlan,
    startRole: (role: RoleRuntime, onDone: () => void) => Promise<RunningRole> | RunningRole,
  ): Promise<void> => {
    try {
      await roles.addEnding(values.seconds, async (onDone) => startRole(new RoleRuntime(values, "", runtime), onDone));
    } catch (error) {
      throw origins.located(error);
    }
  };
  return [
    ...consumers.map((plan) => start(plan, (role, onDone) => startConsumer(role, plan, onDone))),
    ...recorders.map((plan) => start(plan, (role, onDone) => startRecorder(role, plan, onDone))),
    ...bridgeSenders.map((plan) => start(plan, (role, onDone) => startBridgeSender(role, plan, onDone))),
    ...bridgeReceivers.map((plan) => start(plan, (role) => startBridgeReceiver(role, plan))),
    ...decimators.map((plan) => start(plan, (role, onDone) => startDecimator(role, plan, onDone))),
    ...producers.map((plan) => start(plan, (role, onDone) => startProducer(role, plan, onDone))),
  ];
}
