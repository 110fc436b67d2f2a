import type { ConsumerMode } from "../../protocol/mode-filter.ts";
import type { ConsumerRecord } from "./consumer-record.ts";
import { percent } from "./liveness.ts";
import { nameOf, type SupervisionModel } from "./model.ts";
import { covers, type SteeringRule } from "./steering-rule.ts";
import type { StreamRecord } from "./stream-record.ts";
import { Sustained } from "./sustained.ts";

/** A consumer reports its mode once a second. If it does not follow an order, the order is repeated after this time. */
const REPEAT_NS = 2.5e9;
/** Number of times that an order is sent before the consumer counts as not following. */
const MAX_ATTEMPTS = 4;
/** Each time that a consumer was restored too early, the delay before the next restore doubles, up to this factor. */
const MAX_BACK_OFF = 16;

/** A ConsumerConfig to be sent; all fields except the mode have their defaults. */
export interface SteeringOrder {
  readonly streamId: number;
  readonly consumerId: number;
  readonly mode: ConsumerMode;
  readonly decimation: number;
}

type State = "watching" | "steering" | "steered" | "restoring" | "left-alone";

/** State of the rules for one consumer. */
interface Case {
  readonly rule: SteeringRule;
  readonly sessionId: number | null;
  state: State;
  readonly bad: Sustained;
  readonly well: Sustained;
  before: { readonly mode: ConsumerMode; readonly decimation: number };
  sentNs: number;
  attempts: number;
  restoredNs: number;
  backOff: number;
}

/**
 * Applies rules: tells consumers that lose too many frames to read less, and lets them read as before once their losses have stayed low for
 * a while (W-39). Configurations of other senders take precedence: such a consumer is then left alone.
 */
export class Steering {
  readonly #model: SupervisionModel;
  readonly #rules: readonly SteeringRule[];
  readonly #cases = new Map<ConsumerRecord, Case>();

  constructor(model: SupervisionModel, rules: readonly SteeringRule[]) {
    this.#model = model;
    this.#rules = rules;
  }

  /** Number of consumers whose mode is currently changed by a rule. */
  get steered(): number {
    let count = 0;
    for (const { state } of this.#cases.values()) if (state === "steering" || state === "steered") count++;
    return count;
  }

  /** Checks all consumers; returns the orders to send. Called a few times a second. */
  decide(nowNs: number): SteeringOrder[] {
    const orders: SteeringOrder[] = [];
    if (this.#rules.length === 0) return orders;
    for (const stream of this.#model.streams.values()) {
      for (const consumer of stream.consumers.values()) {
        const order = this.#look(nowNs, stream, consumer);
        if (order !== null) orders.push(order);
      }
    }
    for (const consumer of this.#cases.keys()) {
      if (this.#model.find(consumer.streamId, consumer.consumerId) !== consumer) this.#cases.delete(consumer);
    }
    return orders;
  }

  /** Another sender configured a consumer. */
  onForeignConfig(nowNs: number, streamId: number, consumerId: number): void {
    const consumer = this.#model.find(streamId, consumerId);
    const known = consumer === null ? undefined : this.#cases.get(consumer);
    if (consumer !== null && known !== undefined)
      this.#leaveAlone(nowNs, consumer, known, "another sender configured it");
  }

  #look(nowNs: number, stream: StreamRecord, consumer: ConsumerRecord): SteeringOrder | null {
    const known = this.#caseOf(stream, consumer);
    if (known === null || consumer.isLost) return null;
    const ratio = consumer.dropRatio(nowNs);
    const { rule, bad, well } = known;
    const isBad = bad.holdsFor(nowNs, ratio !== null && ratio > rule.dropRatioAbove, rule.forNs);
    const isWell = well.holdsFor(
      nowNs,
      ratio !== null && ratio <= rule.dropRatioAbove / 2,
      rule.restoreAfterNs * known.backOff,
    );
    switch (known.state) {
      case "watching":
        return isBad ? this.#steer(nowNs, consumer, known, ratio ?? 0) : null;
      case "steering":
        if (consumer.mode === rule.mode) {
          known.state = "steered";
          well.reset();
          return null;
        }
        return this.#again(nowNs, consumer, known, rule);
      case "steered":
        if (consumer.mode !== rule.mode) {
          this.#leaveAlone(nowNs, consumer, known, `it reads in mode ${consumer.mode} by itself`);
          return null;
        }
        return isWell ? this.#restore(nowNs, consumer, known) : null;
      case "restoring":
        if (consumer.mode === known.before.mode) {
          known.state = "watching";
          bad.reset();
          return null;
        }
        return this.#again(nowNs, consumer, known, known.before);
      case "left-alone":
        return null;
    }
  }

  #steer(nowNs: number, consumer: ConsumerRecord, known: Case, ratio: number): SteeringOrder | null {
    const { rule } = known;
    const { mode, decimation } = consumer;
    if (mode === null || mode === rule.mode || (mode === "decimated" && decimation === null)) {
      const why = mode === rule.mode ? `reads in mode ${mode} already` : "reads every Nth frame, of unknown N";
      this.#leaveAlone(nowNs, consumer, known, `it ${why}`);
      return null;
    }
    // It was restored too early: the next restore is later.
    const wasEarly = nowNs - known.restoredNs < rule.restoreAfterNs * known.backOff;
    known.backOff = wasEarly ? Math.min(MAX_BACK_OFF, known.backOff * 2) : 1;
    known.before = { mode, decimation: decimation ?? 1 };
    const why = `it lost ${percent(ratio)} of its frames, more than ${percent(rule.dropRatioAbove)}, for ${rule.forNs / 1e9} s`;
    return this.#send(nowNs, consumer, known, "steering", rule, why);
  }

  #restore(nowNs: number, consumer: ConsumerRecord, known: Case): SteeringOrder {
    const { rule, backOff } = known;
    known.restoredNs = nowNs;
    const why = `it was well for ${(rule.restoreAfterNs * backOff) / 1e9} s`;
    return this.#send(nowNs, consumer, known, "restoring", known.before, why);
  }

  #send(
    nowNs: number,
    consumer: ConsumerRecord,
    known: Case,
    state: "steering" | "restoring",
    { mode, decimation }: Case["before"],
    why: string,
  ): SteeringOrder {
    const { streamId, consumerId } = consumer;
    known.state = state;
    known.sentNs = nowNs;
    known.attempts = 1;
    const how = mode === "decimated" ? `decimated, one frame of ${decimation}` : mode;
    const text = `rule "${known.rule.name}" tells ${nameOf(consumer)}: mode ${how}, because ${why}`;
    this.#model.events.add(nowNs, "config-sent", streamId, consumerId, text);
    return { streamId, consumerId, mode, decimation };
  }

  #again(nowNs: number, consumer: ConsumerRecord, known: Case, config: Case["before"]): SteeringOrder | null {
    if (nowNs - known.sentNs < REPEAT_NS) return null;
    const { streamId, consumerId } = consumer;
    if (known.attempts >= MAX_ATTEMPTS) {
      const text = `${nameOf(consumer)} was told mode ${config.mode} ${known.attempts} times and stays in ${consumer.mode}`;
      this.#model.events.add(nowNs, "config-ignored", streamId, consumerId, text);
      known.state = "left-alone";
      return null;
    }
    known.attempts++;
    known.sentNs = nowNs;
    return { streamId, consumerId, mode: config.mode, decimation: config.decimation };
  }

  #leaveAlone(nowNs: number, consumer: ConsumerRecord, known: Case, why: string): void {
    if (known.state === "left-alone") return;
    known.state = "left-alone";
    const text = `rule "${known.rule.name}" leaves ${nameOf(consumer)} alone until it restarts: ${why}`;
    this.#model.events.add(nowNs, "steering-ended", consumer.streamId, consumer.consumerId, text);
  }

  /** The first rule that covers a consumer applies to it until it restarts. */
  #caseOf(stream: StreamRecord, consumer: ConsumerRecord): Case | null {
    const known = this.#cases.get(consumer);
    if (known !== undefined && known.sessionId === consumer.sessionId) return known;
    const rule = this.#rules.find((candidate) => covers(candidate, stream, consumer.consumerId));
    if (rule === undefined) {
      this.#cases.delete(consumer);
      return null;
    }
    const fresh: Case = {
      rule,
      sessionId: consumer.sessionId,
      state: "watching",
      bad: new Sustained(),
      well: new Sustained(),
      before: { mode: "stream", decimation: 1 },
      sentNs: 0,
      attempts: 0,
      restoredNs: Number.NEGATIVE_INFINITY,
      backOff: 1,
    };
    this.#cases.set(consumer, fresh);
    return fresh;
  }
}
