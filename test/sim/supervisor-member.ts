import { consumerViews, streamViews } from "../../src/supervision/model/index.ts";
import { Supervisor } from "../../src/supervision/supervisor.ts";
import { ConsumerMember } from "./consumer-member.ts";
import type { Member } from "./member.ts";
import type { SimProcess } from "./process.ts";
import { ProducerMember } from "./producer-member.ts";
import type { World } from "./world.ts";

/** A supervisor with a rule. */
export class SupervisorMember implements Member {
  readonly roleName = "supervisor";
  readonly supervisor: Supervisor;
  readonly #world: World;

  constructor(world: World, process: SimProcess) {
    this.#world = world;
    const rule = {
      name: "slow",
      streams: null,
      consumers: null,
      dropRatioAbove: 0.3,
      forNs: 1e9,
      mode: "latest",
      decimation: 1,
      restoreAfterNs: 2e9,
    } as const;
    const options = { streams: world.streams, descriptorStreamIds: [], rules: [rule] };
    this.supervisor = new Supervisor(process.connection, options, process.ports);
  }

  doWork(nowNs: number): number {
    return this.supervisor.doWork(nowNs);
  }
  onClose(): void {
    this.supervisor.onClose();
  }
  problem(): string | null {
    if (!this.supervisor.isReady) return "the supervisor is not ready";
    const { nowNs, slots } = this.#world;
    const streams = streamViews(this.supervisor.model, nowNs);
    const consumers = consumerViews(this.supervisor.model, nowNs);
    for (const { name, member } of slots) {
      if (member instanceof ProducerMember) {
        const { streamId, epoch } = member.producer;
        const view = streams.find((stream) => stream.streamId === streamId);
        if (view?.state !== "live" || view.epoch !== BigInt(epoch)) {
          return `the supervisor shows ${name} as ${view?.state} with epoch ${view?.epoch}, expected live and ${epoch}`;
        }
      } else if (member instanceof ConsumerMember) {
        const { consumerId, epoch } = member.consumer;
        const view = consumers.find((each) => each.consumerId === consumerId);
        if (view?.state !== "live" || view.epoch !== epoch) {
          return `the supervisor shows ${name} as ${view?.state} with epoch ${view?.epoch}, expected live and ${epoch}`;
        }
      }
    }
    return null;
  }
  watch(): void {}
  upheavals(): number {
    return 0;
  }
}
