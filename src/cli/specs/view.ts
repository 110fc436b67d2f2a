import { flag, option, options, valueTypes, withDefault } from "../../config/index.ts";
import { FOXGLOVE } from "../supervision/foxglove-options.ts";
import { THRESHOLDS } from "../supervision/thresholds.ts";
import { type CommandValues, command } from "./command.ts";
import { CONFIG, END, LISTEN } from "./common-options.ts";

const { hostName, list, text } = valueTypes;

const VIEW = options({
  http: option(
    text("an address such as 9470 or 127.0.0.1:9470", "127.0.0.1:9470"),
    "ADDR",
    "serve the page at this address; a port alone is on the loopback",
    { otherwise: "9470, or a free port when that is taken" },
  ),
  listen: option(
    hostName(),
    "HOST",
    "serve it at this address of the machine, or 0.0.0.0 for all: needs --http-token",
    { otherwise: "the loopback" },
  ),
  httpToken: option(
    text("a token", "secret"),
    "TOKEN",
    "token for steering consumers, and for frames from other machines (better as a variable: other users see flags)",
    { isSecret: true, otherwise: "none" },
  ),
  httpHosts: option(
    list(hostName(), "host name"),
    "NAME[,NAME]",
    "further host names of the page, e.g. behind a proxy: needs --http-token",
    { otherwise: "those of its address" },
  ),
  ...FOXGLOVE,
  open: flag("open the page in this machine's browser"),
  ...END,
  ...THRESHOLDS,
  liveness: {
    ...withDefault(THRESHOLDS.liveness, { default: "2.5s" }),
    help: "silence after which a producer or consumer is shown as dead; they send once a second",
  },
  ...LISTEN,
  ...CONFIG,
});
export type ViewValues = CommandValues<typeof VIEW>;

export const VIEW_COMMAND = command({
  name: "view",
  summary: "shows streams and their frames live, or a recording, in the browser",
  usage: "[STREAM | FILE.mcap..]",
  maxPositionals: Number.POSITIVE_INFINITY,
  options: VIEW,
  examples: ["view", "view camera-1", "view --http 8080", "view --foxglove", "view run.mcap"],
  notes: async () =>
    [
      "STREAM is the id of a stream or the name of its data source: the page opens with it.",
      "FILE is a recording, shown with a time line; files of one recording, or their",
      "folder, are shown as one. A file that was cut is shown up to its last whole frame.",
      "The address of the page is printed on standard output. Frames are read from shared",
      "memory without a consumer: neither producers nor consumers are disturbed, and",
      "a slow page gets fewer pictures. The page loads nothing from elsewhere. docs/VIEWER.md",
      "describes the page.",
    ].join("\n"),
  load: () => import("../commands/view.ts"),
});
