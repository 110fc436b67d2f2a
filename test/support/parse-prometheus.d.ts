declare module "parse-prometheus-text-format" {
  interface Metric {
    readonly value: string;
    readonly labels?: Readonly<Record<string, string>>;
  }
  interface Family {
    readonly name: string;
    readonly help: string;
    readonly type: string;
    readonly metrics: readonly Metric[];
  }
  /** Reads Prometheus' text format. */
  // biome-ignore lint/style/noDefaultExport: it is how the package exports it.
  export default function parsePrometheusTextFormat(text: string): Family[];
}
