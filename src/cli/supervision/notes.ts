/** What `supervisor --help` says beside the options. */
export const SUPERVISOR_NOTES = [
  "Rules",
  "  As [[supervisor.rules]] in a file, or as TOML tables with commas between them:",
  "  drop_ratio_above  share of lost frames, such as 0.1%, above which the rule applies",
  "  for               when that lasts for this long, such as 5s",
  "  mode              latest or decimated: how the consumer is told to read then",
  "  decimation        with decimated: every Nth frame (default: 2)",
  "  restore_after     how long it has to be well to read as before (default: 30s);",
  "                    each time that this was too early it takes twice as long",
  "  streams           ids or names, with * for any part (default: all)",
  "  consumers         ids (default: all)",
  "  name              what events call it",
  "The first rule that covers a consumer holds. Whoever else tells a consumer how to",
  "read has the last word: the rule leaves it alone until it restarts.",
  "",
  "It disturbs nobody: it holds no descriptors up, and reads no payload. Every event",
  "is logged; docs/MONITORING.md describes metrics, alerts and the HTTP API.",
].join("\n");
