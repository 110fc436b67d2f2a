import { createHash } from "node:crypto";
import { printable } from "../core/text.ts";
import { formatByteRate, formatCount, formatRate } from "../core/units.ts";
import { type EventView, eventViews, type StreamView, streamViews } from "../supervision/model/index.ts";
import { textResponse } from "./responses.ts";
import type { Supervised } from "./supervised.ts";

const MAX_STREAMS = 100;
const MAX_EVENTS = 20;

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
table { border-collapse: collapse; }
td, th { padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
@media (prefers-color-scheme: dark) { body { background: #111; color: #ddd; } a { color: #8bf; } }
`;

/** The page runs no script, loads nothing, and uses only this style. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const PAGES: readonly (readonly [path: string, text: string])[] = [
  ["/view", "streams and their frames, live"],
  ["/metrics", "metrics for Prometheus"],
  ["/healthz", "200 while the process runs"],
  ["/readyz", "200 while it receives everything, else 503 with the reason"],
  ["/api/v1/streams", "streams as JSON"],
  ["/api/v1/consumers", "consumers as JSON"],
  ["/api/v1/events", "events as JSON"],
];

/** The page for a browser: links to the other pages, streams and the newest events. */
export function indexPage({ supervisor, aeronDir, version }: Supervised, nowNs: number): Response {
  const streams = streamViews(supervisor.model, nowNs);
  const { events } = supervisor.model;
  const newest = eventViews(events.after(events.lastId - MAX_EVENTS), nowNs, Date.now()).reverse();
  const state = supervisor.isReady ? "Ready" : `Waiting: no media driver answers in ${aeronDir}`;
  const body = [
    "<h1>tensorpool supervisor</h1>",
    `<p>${escaped(state)}. Version ${escaped(version)}.</p>`,
    rows(PAGES.map(([path, text]) => [`<a href="${path}">${path}</a>`, escaped(text)])),
    `<h2>Streams</h2>${streamTable(streams)}`,
    `<h2>Newest events</h2>${eventTable(newest)}`,
  ];
  const head = `<meta charset="utf-8"><title>tensorpool supervisor</title><style>${STYLE}</style>`;
  const html = `<!doctype html><html lang="en"><head>${head}</head><body>\n${body.join("\n")}\n</body></html>\n`;
  return textResponse(html, "text/html; charset=utf-8", 200, { "content-security-policy": CONTENT_SECURITY_POLICY });
}

function streamTable(streams: readonly StreamView[]): string {
  if (streams.length === 0) return "<p>No stream is known.</p>";
  const header = `<tr><th>id</th><th>name</th><th>state</th>${["frames", "bytes", "consumers", "lost"].map((name) => `<th class="n">${name}</th>`).join("")}</tr>`;
  const lines = streams.slice(0, MAX_STREAMS).map((stream) => {
    const { streamId, name, state, framesPerSecond, bytesPerSecond, consumers, drops } = stream;
    const numbers = [
      formatRate(framesPerSecond ?? 0),
      formatByteRate(bytesPerSecond ?? 0),
      consumers,
      formatCount(drops),
    ];
    const link = `<a href="/api/v1/streams/${streamId}">${streamId}</a>`;
    return `<tr>${cells([link, escaped(name ?? ""), escaped(state)])}${cells(numbers, ' class="n"')}</tr>`;
  });
  const omitted = streams.length - lines.length;
  const more = omitted > 0 ? `<p>and ${omitted} more: <a href="/api/v1/streams">/api/v1/streams</a></p>` : "";
  return `<table>${header}${lines.join("\n")}</table>${more}`;
}

function eventTable(events: readonly EventView[]): string {
  if (events.length === 0) return "<p>None.</p>";
  return rows(events.map(({ time, kind, text }) => [escaped(time), escaped(kind), escaped(text)]));
}

/** `lines` contain HTML. */
function rows(lines: readonly (readonly string[])[]): string {
  return `<table>${lines.map((line) => `<tr>${cells(line)}</tr>`).join("\n")}</table>`;
}

function cells(texts: readonly (string | number)[], attributes = ""): string {
  return texts.map((text) => `<td${attributes}>${text}</td>`).join("");
}

function escaped(text: string): string {
  return Bun.escapeHTML(printable(text));
}
