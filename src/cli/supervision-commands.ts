import { ruleList, valueTypes } from "../config/index.ts";
import type { Command } from "./command.ts";
import { ROLE_OPTIONS } from "./common-options.ts";
import { THRESHOLD_OPTIONS } from "./supervision/thresholds.ts";

const { list, text } = valueTypes;

/** A role's options that concern frames and regions are not a supervisor's. */
const NOT_OF_SUPERVISORS = ["standalone", "stream", "count", "fail-on-loss", "use", "client-id", "attach-timeout"];

export const supervisor: Command = {
  name: "supervisor",
  settings: { table: "supervisor", isArray: false },
  summary: "watches every stream: who produces, who consumes, who loses frames and why; steers consumers by rules",
  options: [
    {
      name: "http",
      value: "ADDR",
      type: text("an address such as 9464 or 127.0.0.1:9464", "127.0.0.1:9464"),
      help: "serve metrics, health and what is known there; a port alone is on the loopback",
      defaultText: "off",
    },
    {
      name: "http-token",
      value: "TOKEN",
      type: text("a token", "secret"),
      isSecret: true,
      help: "who has it may steer consumers by HTTP (better as a variable: others see flags)",
      defaultText: "nobody may",
    },
    {
      name: "http-hosts",
      value: "NAME[,NAME]",
      type: list(text("a host name", "monitor.example"), "host name"),
      help: "further names under which the server is reached",
      defaultText: "those of its address",
    },
    {
      name: "rules",
      value: "TOML",
      type: ruleList(),
      help: "what to do about consumers that lose frames, see below",
      defaultText: "watch only",
    },
    ...THRESHOLD_OPTIONS,
    ...ROLE_OPTIONS.filter(({ name }) => !NOT_OF_SUPERVISORS.includes(name)),
  ],
  examples: [
    "supervisor",
    "supervisor --http 9464 --stats-interval 1",
    `supervisor --rules '{ drop_ratio_above = "0.1%", for = "5s", mode = "latest", restore_after = "30s" }'`,
  ],
  notes: async () => (await import("./supervision/notes.ts")).SUPERVISOR_NOTES,
  load: () => import("./commands/supervisor.ts"),
};
