import { Counter, Gauge, type Registry } from "prom-client";

export type Labels = Readonly<Record<string, string>>;

/** A metric whose samples are set at each scrape, from the state of the model. */
export interface Family {
  /** Removes every label set. */
  clear(): void;
  /** Null: unknown, and left out. Values that are invalid for the metric are left out as well: they must not make the page fail. */
  set(labels: Labels, value: number | null): void;
}

export function gauge(registry: Registry, name: string, help: string, labelNames: readonly string[] = []): Family {
  const metric = new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
  return {
    clear: () => metric.reset(),
    set: (labels, value) => {
      if (value !== null && Number.isFinite(value)) metric.set(labels, value);
    },
  };
}

/** A total that another process counts. */
export function counter(registry: Registry, name: string, help: string, labelNames: readonly string[] = []): Family {
  const metric = new Counter({ name, help, labelNames: [...labelNames], registers: [registry] });
  return {
    clear: () => metric.reset(),
    set: (labels, value) => {
      if (value !== null && Number.isFinite(value) && value >= 0) metric.inc(labels, value);
    },
  };
}
