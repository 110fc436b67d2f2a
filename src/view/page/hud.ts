import type { RecordingInfo } from "../messages.ts";
import { h, setText } from "./dom.ts";
import { formatCount, formatDate, formatNumber, formatPlace, formatSeconds } from "./format.ts";
import type { StreamState } from "./store.ts";
import type { Picture } from "./values.ts";

const RATE_MS = 2000;
/** More pictures than a screen shows in the averaging time. */
const TIMES = 512;

/** The line of text on a picture: number, age, rates and losses. */
export class Hud {
  readonly element = h("div", { class: "hud" });
  readonly #times = new Float64Array(TIMES).fill(Number.NEGATIVE_INFINITY);
  #shown = 0;
  #skipped = 0;

  /** A picture is shown. */
  count({ skipped }: Picture): void {
    this.#times[this.#shown % TIMES] = performance.now();
    this.#shown++;
    this.#skipped += skipped;
  }

  /** `notes`: unusual conditions; empty ones are left out. */
  show(picture: Picture, stream: StreamState | null, recording: RecordingInfo | null, notes: readonly string[]): void {
    const parts =
      recording !== null
        ? [
            `#${picture.seq}`,
            formatPlace(picture.ageNs, recording.lengthNs),
            formatDate(recording.startMs + picture.ageNs / 1e6),
          ]
        : [
            `#${picture.seq}`,
            `age ${formatSeconds(picture.ageNs / 1e9)}`,
            `${formatNumber(this.#perSecond())}/s shown`,
            `${formatNumber(stream?.framesPerSecond)}/s published`,
            `lost ${formatCount(stream?.drops)}`,
          ];
    const flags = notes.filter((note) => note !== "");
    const { children } = this.element;
    while (children.length > parts.length + flags.length) this.element.lastElementChild?.remove();
    for (const [i, text] of [...parts, ...flags].entries()) {
      const span = children[i] ?? this.element.appendChild(h("span"));
      const name = i < parts.length ? "" : "flag";
      if (span.className !== name) span.className = name;
      setText(span, text);
    }
    const title = `${formatCount(this.#shown)} frames shown here, ${formatCount(this.#skipped)} passed between them`;
    if (this.element.title !== title) this.element.title = title;
  }

  #perSecond(): number {
    const sinceMs = performance.now() - RATE_MS;
    let count = 0;
    for (const time of this.#times) if (time > sinceMs) count++;
    return count / (RATE_MS / 1000);
  }
}
