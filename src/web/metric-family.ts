import { Counter, Gauge, type Registry } from "prom-client";

export type Labels = Readonly<Record<string, string>>;

/** A metric whose samples are set at each scrape, from what the model knows then. */
export interface Family {
  /** Forgets every label set. */
  clear(): void;
  /** Null: not known, and left out. So is a value that the metric cannot have: it must not cost the page. */
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
