import { h } from "./dom.ts";
import { npyFile } from "./npy.ts";
import { paint } from "./soft-renderer.ts";
import type { Tone } from "./tone.ts";
import type { Picture } from "./values.ts";

/** Saves a picture in its colours, one pixel per value. */
export async function savePng(picture: Picture, tone: Tone, name: string): Promise<void> {
  const { width, height } = picture;
  if (width * height === 0) return;
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d")?.putImageData(new ImageData(paint(picture, tone), width, height), 0, 0);
  save(await canvas.convertToBlob({ type: "image/png" }), `${name}-${picture.seq}.png`);
}

/** Saves the values unchanged. */
export function saveNpy({ values, dtype, width, height, channels, seq }: Picture, isLine: boolean, name: string): void {
  const shape = [...(isLine ? [] : [height]), width, ...(channels > 1 ? [channels] : [])];
  save(npyFile(values as typeof values & ArrayBufferView<ArrayBuffer>, dtype, shape), `${name}-${seq}.npy`);
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = h("a", { href: url, download: name });
  link.click();
  // The download has begun by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
