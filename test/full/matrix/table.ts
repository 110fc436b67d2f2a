import type { Column } from "../../../src/cli/output/output.ts";
import type { Outcome } from "./outcome.ts";

export const COLUMNS: readonly Column<Outcome>[] = [
  { header: "deployment", cell: ({ deployment }) => deployment, align: "left" },
  { header: "hit", cell: ({ subject }) => subject, align: "left" },
  { header: "by", cell: ({ disturbance }) => disturbance, align: "left" },
  { header: "moment", cell: ({ moment }) => moment, align: "left" },
  { header: "recovered after", cell: ({ recoveryMs }) => times(recoveryMs), align: "left" },
  { header: "others ended in", cell: ({ endMs }) => times(endMs), align: "left" },
  { header: "noticed after", cell: ({ noticedMs }) => times(noticedMs), align: "left" },
  {
    header: "witness without frames for",
    cell: ({ witnessOutageMs }) => (witnessOutageMs === null ? "" : readable(witnessOutageMs)),
    align: "left",
  },
  { header: "frames lost", cell: ({ lost }) => losses(lost), align: "left" },
  { header: "left", cell: ({ left }) => (left.length === 0 ? "nothing" : `${left.length} paths`), align: "left" },
  {
    header: "",
    cell: ({ problems }) => (problems.length === 0 ? "ok" : `PROBLEM: ${problems.join("; ").replaceAll("\n", " | ")}`),
    align: "left",
  },
];

/** What happened in each case, for those who want to know. */
export const EVENT_COLUMNS: readonly Column<Outcome>[] = [
  { header: "case", cell: ({ name }) => name, align: "left" },
  { header: "what the roles said", cell: ({ events }) => events.join("; "), align: "left" },
];

function times(figures: Readonly<Record<string, number>>): string {
  return Object.entries(figures)
    .map(([name, ms]) => `${name} ${readable(ms)}`)
    .join(", ");
}

function readable(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function losses(lost: Outcome["lost"]): string {
  const found = Object.entries(lost).flatMap(([name, causes]) => {
    const list = Object.entries(causes).map(([cause, count]) => `${cause} ${count}`);
    return list.length === 0 ? [] : [`${name}: ${list.join(", ")}`];
  });
  return found.length === 0 ? "none" : found.join("; ");
}
