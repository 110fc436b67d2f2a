/** What `supervisor --help` says beside the options. */
export const SUPERVISOR_NOTES = [
  "Rules",
  "  As [[supervisor.rules]] in a file, or as TOML tables with commas between them:",
  "  drop_ratio_above  share of lost frames, such as 0.1%, above which the rule applies",
  "  for               when that lasts for this long, such as 5s",
  "  mode              latest or decimated: how the consumer has to read then",
  "  decimation        with decimated: every Nth frame (default: 2)",
  "  restore_after     how long it has to be well to read as before (default: 30s);",
  "                    each time that this was too early it takes twice as long",
  "  streams           ids or names, with * for any part (default: all)",
  "  consumers         ids (default: all)",
  "  name              what events call it",
  "The first rule that covers a consumer holds. Another sender that configures how to",
  "read has the last word: the rule leaves it alone until it restarts.",
  "",
  "It disturbs no stream: it delays no descriptor, and reads no payload. Every event",
  "is logged; docs/MONITORING.md describes metrics, alerts and the HTTP API.",
].join("\n");

/** What `top --help` says beside the options. */
export const TOP_NOTES = [
  "Keys: tab turns the page, i n f b d l choose the order, arrows scroll, space pauses,",
  "? tells more, q quits. Where standard input or output is no terminal, and with -n, --once or -o",
  "json and jsonl, readings are printed one after the other. Rates are those of the",
  "last 3 s. Watching disturbs no stream. Exit code 3: no media driver is there.",
].join("\n");

/** What `events --help` says beside the options. */
export const EVENTS_NOTES = [
  "Watches by itself, from its start on, as a supervisor does; what is there already",
  "appears first. docs/MONITORING.md lists the kinds. Exit code 3: no media driver is",
  "there, or with --from no supervisor.",
].join("\n");

/** What `check --help` says beside the options. */
export const CHECK_NOTES = [
  "Exit codes are those of monitoring plug-ins: 0 OK, 1 WARNING, 2 CRITICAL,",
  "3 UNKNOWN (it cannot tell: no media driver, wrong usage). A value has to be beyond",
  "a limit, not at it. The worst comes first; the numbers follow a bar.",
].join("\n");
