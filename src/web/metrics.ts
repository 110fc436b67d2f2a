import { Registry } from "prom-client";
import { bridgeMetrics } from "./bridge-metrics.ts";
import { consumerMetrics } from "./consumer-metrics.ts";
import { streamMetrics } from "./stream-metrics.ts";
import type { Supervised } from "./supervised.ts";
import { supervisorMetrics } from "./supervisor-metrics.ts";

/** The metrics of a supervisor, in the form that Prometheus reads (docs/MONITORING.md names each). */
export class Metrics {
  readonly #registry = new Registry();
  readonly #fill: readonly ((nowNs: number) => void)[];
  readonly #supervised: Supervised;

  constructor(supervised: Supervised) {
    this.#supervised = supervised;
    this.#fill = [
      supervisorMetrics(this.#registry, supervised),
      streamMetrics(this.#registry, supervised.supervisor.model),
      consumerMetrics(this.#registry, supervised.supervisor.model),
      bridgeMetrics(this.#registry, supervised.supervisor.model),
    ];
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The present values in Prometheus' text format. */
  text(): Promise<string> {
    const nowNs = this.#supervised.clock.nanoTime();
    for (const fill of this.#fill) fill(nowNs);
    return this.#registry.metrics();
  }
}
