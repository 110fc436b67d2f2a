import { h } from "./dom.ts";
import { drawLine, lineIndexAt } from "./line-plot.ts";
import type { Place } from "./picture-pane.ts";
import type { Numbers, Picture } from "./values.ts";

/** A frame of one axis, as a line. */
export class LinePane {
  readonly element: HTMLElement;
  readonly #canvas = h("canvas", {
    class: "line",
    tabindex: "0",
    role: "img",
    "aria-label": "values over their index",
  });
  readonly #observer: ResizeObserver;
  #values: Numbers = new Uint8Array(0);
  #picture: Picture | null = null;
  #cursor: number | null = null;
  #isScheduled = false;
  #onDrawn: (() => void) | null = null;

  constructor(onCursor: (place: Place | null) => void) {
    this.element = h("div", { class: "pane" }, this.#canvas);
    const move = (index: number | null): void => {
      this.#cursor = index;
      const picture = this.#picture;
      onCursor(index === null || picture === null ? null : [picture.x + index * picture.factor, 0]);
      this.redraw();
    };
    this.#canvas.addEventListener("pointermove", ({ offsetX }) =>
      move(lineIndexAt(this.#canvas, offsetX, this.#values.length)),
    );
    this.#canvas.addEventListener("pointerleave", () => move(null));
    this.#canvas.addEventListener("keydown", (event) => {
      const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
      if (step === 0) return;
      event.preventDefault();
      move(Math.min(Math.max((this.#cursor ?? 0) + step, 0), this.#values.length - 1));
    });
    this.#observer = new ResizeObserver(() => this.redraw());
    this.#observer.observe(this.element);
  }

  close(): void {
    this.#observer.disconnect();
  }

  show(values: Numbers, picture: Picture, onDrawn: () => void): void {
    this.#values = values;
    this.#picture = picture;
    this.#onDrawn = onDrawn;
    this.redraw();
  }

  redraw(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      const { x, factor } = this.#picture ?? { x: 0, factor: 1 };
      drawLine(this.#canvas, this.#values, this.#cursor, x, factor);
      this.#onDrawn?.();
      this.#onDrawn = null;
    });
  }
}
