import type { Affine } from "./camera.ts";
import { colourTable } from "./colour-maps.ts";
import type { Renderer } from "./gl-renderer.ts";
import { placeOf, type Tone } from "./tone.ts";
import { type Numbers, numbersOf, type Picture } from "./values.ts";

const NOTHING = [90, 90, 98] as const;
const ABOVE = [255, 46, 64] as const;
const BELOW = [26, 115, 255] as const;

/** The colours of a picture's pixels, as RGBA bytes: the same result as WebGL, computed here. */
export function paint(picture: Picture, tone: Tone): Uint8ClampedArray<ArrayBuffer> {
  return paintNumbers(numbersOf(picture.values), picture, tone);
}

function paintNumbers(
  values: Numbers,
  { width, height, channels }: Pick<Picture, "width" | "height" | "channels">,
  tone: Tone,
): Uint8ClampedArray<ArrayBuffer> {
  const table = colourTable(tone.map, tone.isInverted);
  const pixels = new Uint8ClampedArray(width * height * 4);
  const count = channels >= 3 ? 3 : 1;
  for (let i = 0; i < width * height; i++) {
    const first = values[i * channels] as number;
    let [isAbove, isBelow] = [false, false];
    for (let c = 0; c < count; c++) {
      isAbove ||= (values[i * channels + c] as number) > tone.high;
      isBelow ||= (values[i * channels + c] as number) < tone.low;
    }
    const special = Number.isNaN(first)
      ? NOTHING
      : tone.marksClipped && isAbove
        ? ABOVE
        : tone.marksClipped && isBelow
          ? BELOW
          : null;
    if (special !== null) {
      pixels.set(special, i * 4);
    } else if (count === 3) {
      for (let c = 0; c < 3; c++) pixels[i * 4 + c] = placeOf(values[i * channels + c] as number, tone) * 255;
    } else {
      const entry = Math.floor(placeOf(first, tone) * 255 + 0.5) * 4;
      for (let c = 0; c < 3; c++) pixels[i * 4 + c] = table[entry + c] as number;
    }
    pixels[i * 4 + 3] = 255;
  }
  return pixels;
}

/** Draws pictures without WebGL: slower, with the same result. */
export class SoftRenderer implements Renderer {
  readonly maxSide = 4096;
  readonly #context: CanvasRenderingContext2D;
  readonly #source = document.createElement("canvas");
  #picture: Picture | null = null;

  constructor(canvas: HTMLCanvasElement) {
    this.#context = canvas.getContext("2d") as CanvasRenderingContext2D;
  }

  setPicture(picture: Picture): void {
    this.#picture = picture;
  }

  draw([a, b, c, d, e, f]: Affine, tone: Tone): void {
    const context = this.#context;
    const { width, height } = context.canvas;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    const picture = this.#picture;
    if (picture === null || picture.width * picture.height === 0) return;
    this.#source.width = picture.width;
    this.#source.height = picture.height;
    this.#source
      .getContext("2d")
      ?.putImageData(new ImageData(paint(picture, tone), picture.width, picture.height), 0, 0);
    const inverse = new DOMMatrix([a, b, c, d, e, f]).inverse();
    context.setTransform(inverse);
    context.imageSmoothingEnabled = Math.abs(a) + Math.abs(c) > 1;
    context.drawImage(this.#source, 0, 0);
  }

  close(): void {
    this.#picture = null;
  }
}
