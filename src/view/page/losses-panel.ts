import type { RecordingInfo, RecordingStream } from "../messages.ts";
import { button, h } from "./dom.ts";
import { formatCount, formatPlace } from "./format.ts";
import { streamLabel } from "./time-line.ts";

const GAPS_SHOWN = 40;

/** Describes a recording's losses: by the recorder's ledger, and gap by gap, each with a link to it. */
export function lossesPanel(recording: RecordingInfo, onSeek: (timeNs: number) => void): HTMLElement {
  const missing = recording.streams.reduce((sum, stream) => sum + stream.missing, 0);
  const leftOut = recording.streams.reduce((sum, stream) => sum + stream.leftOut, 0);
  const lost = missing === 0 ? "No frame is missing" : `${formatCount(missing)} frames are missing`;
  const title = leftOut === 0 ? lost : `${lost}; ${formatCount(leftOut)} were left out on purpose`;
  return h(
    "details",
    { class: "losses" },
    h("summary", { class: missing === 0 ? "" : "some" }, title),
    h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "what was recorded" },
      ledgerTable(recording),
    ),
    ...recording.streams.filter(({ leftOut }) => leftOut > 0).map(leftOutNote),
    ...recording.streams
      .filter(({ gaps }) => gaps.length > 0)
      .map((stream) => gapList(stream, recording.lengthNs, onSeek)),
  );
}

/** In a decimated stream most numbers are absent, and none of these frames is lost. */
function leftOutNote(stream: RecordingStream): HTMLElement {
  const { step, leftOut } = stream;
  const how =
    step > 1 ? `1 frame in ${formatCount(step)} was wanted` : "not every frame was wanted (newest frames, or a rate)";
  return h(
    "p",
    { class: "note" },
    `${streamLabel(stream)}: ${how}; ${formatCount(leftOut)} were left out, which is no loss.`,
  );
}

function ledgerTable({ streams }: RecordingInfo): HTMLElement {
  const headings = ["stream", "epoch", "published", "recorded", "skipped", "missing, by cause"];
  const rows = streams.flatMap((stream) => {
    const name = h("td", {}, streamLabel(stream));
    if (stream.ledger.length === 0) {
      const note = h(
        "td",
        { colspan: 4 },
        `the recorder kept no account; ${formatCount(stream.missing)} between frames`,
      );
      return [h("tr", {}, name, h("td", {}, stream.epochs.at(0)?.epoch ?? "–"), note)];
    }
    return stream.ledger.map(({ epoch, published, recorded, skipped, missing, isFinal }) => {
      const causes = Object.entries(missing).filter(([, count]) => count > 0);
      const list = causes.map(([cause, count]) => `${cause} ${formatCount(count)}`);
      const text = list.length === 0 ? "none" : list.join(", ");
      return h(
        "tr",
        {},
        name.cloneNode(true),
        h("td", {}, epoch),
        h("td", { class: "n" }, formatCount(published)),
        h("td", { class: "n" }, formatCount(recorded)),
        h("td", { class: "n" }, formatCount(skipped)),
        h("td", {}, isFinal ? text : `${text}; the recorder ended before the epoch did`),
      );
    });
  });
  const head = h(
    "tr",
    {},
    ...headings.map((text, i) => h("th", { scope: "col", ...(i > 1 && i < 5 ? { class: "n" } : {}) }, text)),
  );
  return h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows));
}

function gapList(stream: RecordingStream, lengthNs: number, onSeek: (timeNs: number) => void): HTMLElement {
  const longest = [...stream.gaps].sort((a, b) => b.missing - a.missing).slice(0, GAPS_SHOWN);
  const count = stream.gaps.length + stream.furtherGaps;
  const gaps = `${formatCount(count)} ${count === 1 ? "gap" : "gaps"}`;
  const items = longest
    .sort((a, b) => a.fromNs - b.fromNs)
    .map(({ fromNs, fromSeq, toSeq, missing }) => {
      const range = fromSeq === toSeq ? `#${fromSeq}` : `#${fromSeq} to #${toSeq}`;
      const text = `${formatPlace(fromNs, lengthNs)}  ${range}`;
      return h(
        "li",
        {},
        button(text, `${formatCount(missing)} missing: go to the frame before`, () => onSeek(fromNs)),
      );
    });
  return h(
    "section",
    { class: "gaps" },
    h("h3", {}, `${streamLabel(stream)}: ${gaps}`),
    h("ul", {}, ...items),
    count === longest.length
      ? null
      : h(
          "p",
          { class: "note" },
          `The ${longest.length} longest; ${formatCount(count - longest.length)} further ones.`,
        ),
  );
}
