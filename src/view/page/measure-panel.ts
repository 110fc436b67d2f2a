import type { Size } from "./camera.ts";
import { h, setText } from "./dom.ts";
import { formatCount, formatNumber } from "./format.ts";
import { drawLine } from "./line-plot.ts";
import { boxIn, measureNote } from "./measured.ts";
import type { Place } from "./picture-pane.ts";
import { type Box, profileOf, regionStatistics } from "./statistics.ts";
import type { Numbers, Picture } from "./values.ts";

/** Numbers of a region, and the values under a line. */
export class MeasurePanel {
  readonly element: HTMLElement;
  region: Box | null = null;
  profile: readonly [Place, Place] | null = null;
  readonly #numbers = h("dl", { class: "numbers" });
  readonly #note = h("p", { class: "note" });
  readonly #title = h("h3", {}, "Statistics");
  readonly #plot = h("canvas", { class: "plot", role: "img", "aria-label": "values under the line" });

  constructor() {
    this.element = h("section", { class: "measure" }, this.#title, this.#numbers, this.#plot, this.#note);
    this.#plot.hidden = true;
  }

  /** `plane`: of which the picture is, or is a part; `isLine`: it has one axis. */
  update(picture: Picture, values: Numbers, plane: Size, isLine: boolean): void {
    const { region } = this;
    const box = boxIn(picture, region);
    const title =
      region === null
        ? "Statistics of the picture"
        : `Region ${region.left}, ${region.top} · ${region.right - region.left} × ${region.bottom - region.top}`;
    setText(this.#title, title);
    const numbers = regionStatistics(values, picture.width, picture.channels, box);
    const rows: readonly (readonly [string, string])[] =
      numbers === null
        ? [["values", "none that is finite"]]
        : [
            ["min", formatNumber(numbers.minimum)],
            ["max", formatNumber(numbers.maximum)],
            ["mean", formatPrecise(numbers.mean)],
            ["sigma", formatPrecise(numbers.sigma)],
            ["sum", formatPrecise(numbers.sum)],
            ["values", formatCount(numbers.count)],
            ...(numbers.leftOut === 0 ? [] : [["NaN, inf", formatCount(numbers.leftOut)] as const]),
          ];
    const texts = rows.flat();
    while (this.#numbers.children.length > texts.length) this.#numbers.lastElementChild?.remove();
    for (const [i, text] of texts.entries()) {
      const element = this.#numbers.children[i] ?? this.#numbers.appendChild(h(i % 2 === 0 ? "dt" : "dd"));
      setText(element, text);
    }
    setText(this.#note, measureNote(picture, region, plane, isLine));
    this.#plot.hidden = this.profile === null;
    if (this.profile === null) return;
    const { factor } = picture;
    const [from, to] = this.profile.map(([x, y]) => [
      (x - picture.x + 0.5) / factor,
      (y - picture.y + 0.5) / factor,
    ]) as unknown as readonly [Place, Place];
    drawLine(this.#plot, profileOf(values, picture, from, to), null, 0, factor);
  }
}

function formatPrecise(value: number): string {
  return Math.abs(value) >= 1e9 || (value !== 0 && Math.abs(value) < 1e-3)
    ? value.toExponential(5)
    : String(Number(value.toPrecision(7)));
}
