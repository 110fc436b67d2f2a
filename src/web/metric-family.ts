import { Counter, Gauge, type Registry } from "prom-client";

export type Labels = Readonly<Record<string, string>>;

/** A metric that is set anew at each scrape, from what the model knows then. */
export interface Family {
  /** Forgets every label set: what is gone is not told any more. */
  clear(): void;
  /** Null: not known, and not told. */
  set(labels: Labels, value: number | null): void;
}

export function gauge(registry: Registry, name: string, help: string, labelNames: readonly string[] = []): Family {
  const metric = new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
  return {
    clear: () => metric.reset(),
    set: (labels, value) => {
      if (value !== null) metric.set(labels, value);
    },
  };
}

/** A total that somebody else counts. */
export function counter(registry: Registry, name: string, help: string, labelNames: readonly string[] = []): Family {
  const metric = new Counter({ name, help, labelNames: [...labelNames], registers: [registry] });
  return {
    clear: () => metric.reset(),
    set: (labels, value) => {
      if (value !== null) metric.inc(labels, value);
    },
  };
}
