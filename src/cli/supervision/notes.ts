/** Notes of `supervisor --help`. */
export const SUPERVISOR_NOTES = [
  "Rules",
  "  As [[supervisor.rules]] in a file, or as TOML tables with commas between them:",
  "  drop_ratio_above  share of lost frames, such as 0.1%, above which the rule applies",
  "  for               when that lasts for this long, such as 5s",
  "  mode              latest or decimated: the mode of the consumer then",
  "  decimation        with decimated: every Nth frame (default: 2)",
  "  restore_after     time without losses before the former mode returns (default: 30s);",
  "                    doubled each time that this was too early",
  "  streams           ids or names, with * for any part (default: all)",
  "  consumers         ids (default: all)",
  "  name              name of the rule in events",
  "The first rule that matches a consumer applies. Configurations of other senders take",
  "precedence: the rule then leaves the consumer alone until it restarts.",
  "",
  "It disturbs no stream: it delays no descriptor, and reads no payload. Every event",
  "is logged; docs/MONITORING.md describes metrics, alerts and the HTTP API.",
].join("\n");

/** Notes of `top --help`. */
export const TOP_NOTES = [
  "Keys: tab turns the page, i n f b d l choose the order, arrows scroll, space pauses,",
  "? shows help, q quits. Without a terminal, or with -n, --once or -o json and jsonl, it prints",
  "one reading after the other. Rates cover the last 3 s. Watching disturbs no stream.",
  "Exit code 3: no media driver was found.",
].join("\n");

/** Notes of `events --help`. */
export const EVENTS_NOTES = [
  "Watches streams from its start on, without a supervisor; existing streams appear first.",
  "docs/MONITORING.md lists the kinds. Exit code 3: no media driver was found, or with",
  "--from no supervisor.",
].join("\n");

/** Notes of `check --help`. */
export const CHECK_NOTES = [
  "Exit codes are those of monitoring plug-ins: 0 OK, 1 WARNING, 2 CRITICAL,",
  "3 UNKNOWN (no media driver, wrong usage). A value equal to a limit is still within it.",
  "The worst result comes first; the numbers follow a bar.",
].join("\n");
