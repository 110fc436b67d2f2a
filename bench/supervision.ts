// CPU cost of a supervisor's model: node_modules/.bin/bun bench/supervision.ts
import { FIGURE_COLUMNS, type Figure } from "../src/cli/bench/figures.ts";
import { median, range } from "../src/cli/bench/statistics.ts";
import { Output } from "../src/cli/output/output.ts";
import { SupervisionTraffic } from "./supervision-traffic.ts";

const STREAMS = 1000;
const CONSUMERS_PER_STREAM = 4;
const MAX_MS = 100;
const WARM_UP_SECONDS = 10;

/** CPU time that a supervisor needs for one second of traffic of a thousand streams, including encoding and decoding. */
function supervisionCost(seconds: number): Figure {
  const replacedPerSecond = 4;
  const options = { streams: STREAMS, consumersPerStream: CONSUMERS_PER_STREAM, replacedPerSecond };
  const traffic = new SupervisionTraffic(options);
  for (let i = 0; i < WARM_UP_SECONDS; i++) traffic.second();
  const costsMs = Array.from({ length: seconds }, () => {
    const before = process.cpuUsage();
    traffic.second();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  const cost = median(costsMs);
  const messages = traffic.messages / (WARM_UP_SECONDS + seconds);
  return {
    section: "supervisor",
    name: `a second of ${STREAMS} streams with ${CONSUMERS_PER_STREAM} consumers each, ${messages} messages`,
    value: cost,
    range: range(costsMs),
    unit: "ms CPU",
    target: { text: `<= ${MAX_MS}`, met: cost <= MAX_MS },
  };
}

if (import.meta.main) {
  const output = new Output({ format: "table", width: Number.POSITIVE_INFINITY });
  output.rows(FIGURE_COLUMNS, [supervisionCost(60)]);
  await output.flush();
}
