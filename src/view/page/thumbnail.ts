import { h } from "./dom.ts";
import type { Link } from "./link.ts";
import { paint } from "./soft-renderer.ts";
import { drawSparkline } from "./sparkline.ts";
import { percentileRange } from "./statistics.ts";
import { numbersOf, type Picture } from "./values.ts";

const PIXELS = 96 * 64;
const PERIOD_MS = 500;

/** A small live picture of a stream, twice a second while it is on the screen. */
export class Thumbnail {
  readonly element = h("canvas", { class: "thumbnail", role: "img", "aria-label": "small live picture" });
  readonly #link: Link;
  readonly #streamId: number;
  readonly #observer: IntersectionObserver;
  #unwatch: (() => void) | null = null;

  constructor(streamId: number, link: Link) {
    this.#streamId = streamId;
    this.#link = link;
    this.#observer = new IntersectionObserver((entries) => {
      if (entries.at(-1)?.isIntersecting === true) this.#start();
      else this.#stop();
    });
    this.#observer.observe(this.element);
  }

  close(): void {
    this.#observer.disconnect();
    this.#stop();
  }

  #start(): void {
    // Some views are reserved for pictures in close view.
    if (this.#unwatch !== null || this.#link.room < 8) return;
    const request = {
      stream: this.#streamId,
      plane: null,
      maxPixels: PIXELS,
      maxSide: 256,
      reduction: "mean" as const,
    };
    this.#unwatch = this.#link.watch(request, {
      onShape: () => undefined,
      onPicture: (picture, drawn) => {
        requestAnimationFrame(() => this.#draw(picture));
        setTimeout(drawn, PERIOD_MS);
      },
    });
  }

  #stop(): void {
    this.#unwatch?.();
    this.#unwatch = null;
  }

  #draw(picture: Picture): void {
    const numbers = numbersOf(picture.values);
    const { width, height } = picture;
    if (width * height === 0) return;
    if (height === 1) {
      drawSparkline(
        this.element,
        Array.from(numbers.subarray(0, 256), (value) => (Number.isFinite(value) ? value : null)),
      );
      return;
    }
    const [low, high] = percentileRange(numbers, 0.5, 99.5) ?? [0, 1];
    const tone = { low, high, scale: "linear", map: "gray", isInverted: false, marksClipped: false } as const;
    this.element.width = width;
    this.element.height = height;
    this.element.getContext("2d")?.putImageData(new ImageData(paint(picture, tone), width, height), 0, 0);
  }
}
