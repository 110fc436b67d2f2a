import { Camera, type Size } from "./camera.ts";
import { colour, fitCanvas, h } from "./dom.ts";
import { GlRenderer, type Renderer } from "./gl-renderer.ts";
import { drawOverlay, type Marks, type Scene, showsValues } from "./overlay.ts";
import { listenToInput } from "./pane-input.ts";
import { SoftRenderer } from "./soft-renderer.ts";
import type { Box } from "./statistics.ts";
import type { Tone } from "./tone.ts";
import type { Picture } from "./values.ts";

/** A pixel of the plane. */
export type Place = readonly [x: number, y: number];
export type Tool = "pan" | "region" | "profile";

export interface PaneListener {
  /** The pointer, or the cursor moved by keys, is at another pixel; null: it has left. */
  onCursor(place: Place | null): void;
  onRegion(box: Box | null): void;
  onProfile(line: readonly [Place, Place] | null): void;
  /** The visible part of the plane, or its size, has changed. */
  onCamera(): void;
  onKey(key: string): boolean;
}

/** The pane in which a picture is drawn, moved and measured. */
export class PicturePane {
  readonly element: HTMLElement;
  readonly camera = new Camera();
  readonly usesWebGl: boolean;
  tool: Tool = "pan";
  plane: Size = { width: 0, height: 0 };
  picture: Picture | null = null;
  tone: Tone = { low: 0, high: 1, scale: "linear", map: "gray", isInverted: false, marksClipped: false };
  readonly marks: Marks = { cursor: null, region: null, profile: null };
  readonly #canvas = h("canvas", { class: "picture" });
  readonly #overlay = h("canvas", {
    class: "overlay",
    tabindex: "0",
    role: "img",
    "aria-label": "the newest frame; arrow keys move the cursor, plus and minus zoom",
  });
  readonly #renderer: Renderer;
  readonly #listener: PaneListener;
  readonly #observer: ResizeObserver;
  /** As last reported by the observer: querying it forces a layout. */
  #size: Size | null = null;
  /** What the overlay shows. */
  #overlayKey = "";
  /** The picture whose values it shows; null when it shows none. */
  #overlayPicture: Picture | null = null;
  #isScheduled = false;
  #onDrawn: (() => void)[] = [];
  #isClosed = false;

  constructor(listener: PaneListener) {
    this.#listener = listener;
    this.element = h("div", { class: "pane" }, this.#canvas, this.#overlay);
    const gl = GlRenderer.on(this.#canvas, () => this.redraw());
    this.#renderer = gl ?? new SoftRenderer(this.#canvas);
    this.usesWebGl = gl !== null;
    listenToInput(this.#overlay, this, listener);
    this.#observer = new ResizeObserver((entries) => {
      const box = entries.at(-1)?.contentRect;
      if (box !== undefined) this.#size = { width: Math.round(box.width), height: Math.round(box.height) };
      this.redraw();
      this.#listener.onCamera();
    });
    this.#observer.observe(this.element);
  }

  get maxSide(): number {
    return this.#renderer.maxSide;
  }

  /** Its size in CSS pixels. */
  get size(): Size {
    return this.#size ?? { width: this.#overlay.clientWidth, height: this.#overlay.clientHeight };
  }

  /** Shows a picture; `onDrawn` is called once it is on the screen, so not while the page is hidden. */
  show(picture: Picture, onDrawn: () => void): void {
    this.picture = picture;
    this.#renderer.setPicture(picture);
    this.#onDrawn.push(onDrawn);
    this.redraw();
  }

  redraw(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      if (!this.#isClosed) this.#draw();
    });
  }

  fit(): void {
    this.camera.fit(this.plane, this.size);
    this.redraw();
    this.#listener.onCamera();
  }

  close(): void {
    this.#isClosed = true;
    this.#observer.disconnect();
    this.#renderer.close();
  }

  #draw(): void {
    const { picture, size, camera } = this;
    fitCanvas(this.#canvas, size);
    if (camera.isFitting && this.plane.width > 0) camera.fit(this.plane, size);
    const ratio = window.devicePixelRatio || 1;
    if (picture !== null) this.#renderer.draw(camera.affine(size, ratio, picture), this.tone);
    this.#drawOverlay({ camera, size, ratio, picture, plane: this.plane, marks: this.marks });
    const drawn = this.#onDrawn;
    this.#onDrawn = [];
    for (const call of drawn) call();
  }

  /** A new picture does not change the overlay, unless the overlay shows its values. */
  #drawOverlay(scene: Scene): void {
    const { camera, picture } = scene;
    // Two pictures of one number can differ: of a stream without numbers, of another plane, or first reduced and then whole.
    const shown = showsValues(camera) ? picture : null;
    const key = JSON.stringify([camera, scene.size, scene.ratio, scene.plane, scene.marks, colour("line")]);
    if (key === this.#overlayKey && shown === this.#overlayPicture) return;
    this.#overlayKey = key;
    this.#overlayPicture = shown;
    fitCanvas(this.#overlay, scene.size);
    drawOverlay(this.#overlay, scene);
  }
}
