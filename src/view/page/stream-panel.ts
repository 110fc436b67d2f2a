import type { PlaneSpec, ShapeMessage } from "../messages.ts";
import { suggestedPlane } from "../plane.ts";
import { colour, h, setText } from "./dom.ts";
import { HistogramPanel } from "./histogram-panel.ts";
import { Hud } from "./hud.ts";
import { Lens } from "./lens.ts";
import { LinePane } from "./line-pane.ts";
import type { Link, WatchRequest } from "./link.ts";
import { MeasurePanel } from "./measure-panel.ts";
import { reductionOf } from "./measured.ts";
import { Paced } from "./paced.ts";
import { PicturePane, type Place } from "./picture-pane.ts";
import { PlaneControls } from "./plane-controls.ts";
import { readoutOf } from "./readout.ts";
import { saveNpy, savePng } from "./save.ts";
import { percentileRange } from "./statistics.ts";
import type { Store } from "./store.ts";
import { type Numbers, numbersOf, type Picture } from "./values.ts";
import { ViewControls } from "./view-controls.ts";
import { wantedPixels } from "./wanted-pixels.ts";

const EVERY_PIXEL = 2 ** 24;
/** Ranges, histograms, statistics and texts are for people: more updates per second are unreadable. */
const ANALYSIS_MS = 200;
const TEXT_MS = 100;
const SETTLE_MS = 150;

/** The live frames of one stream: the picture, its measurements, and its display settings. */
export class StreamPanel {
  readonly element: HTMLElement;
  readonly #streamId: number;
  readonly #link: Link;
  readonly #store: Store;
  readonly #hud = new Hud();
  readonly #readout = h("p", { class: "readout", "aria-live": "off" }, " ");
  readonly #waiting = h("p", { class: "waiting", role: "status" }, "Waiting for a frame …");
  readonly #controls: ViewControls;
  readonly #planes: PlaneControls;
  readonly #pane: PicturePane;
  readonly #line: LinePane;
  readonly #histogram: HistogramPanel;
  readonly #measure = new MeasurePanel();
  readonly #lens: Lens;
  #shape: ShapeMessage | null = null;
  #picture: Picture | null = null;
  #numbers: Numbers = new Uint8Array(0);
  /** A picture that arrived while another was held: the next step shows it. */
  #held: { readonly picture: Picture; readonly drawn: () => void } | null = null;
  #cursor: Place | null = null;
  #channels = 1;
  /** A colour that identifies the theme used for drawing. */
  #theme = "";
  #isAnalysed = false;
  /** The current request as text, so that it is not repeated. */
  #requested = "";
  readonly #analysis = new Paced(ANALYSIS_MS, () => this.#analyse());
  readonly #texts = new Paced(TEXT_MS, () => {
    this.#showHud();
    this.#showReadout();
  });
  #unwatch: () => void = () => undefined;
  #settling: ReturnType<typeof setTimeout> | undefined;

  constructor(streamId: number, link: Link, store: Store) {
    this.#streamId = streamId;
    this.#link = link;
    this.#store = store;
    this.#planes = new PlaneControls(() => {
      this.#pane.camera.isFitting = true;
      this.#watch();
    });
    this.#controls = new ViewControls({
      onTone: () => this.#analysis.now(),
      onRequest: () => this.#watch(),
      onOrientation: () => {
        this.#pane.camera.orientation = this.#controls.settings.orientation;
        this.#pane.redraw();
        this.#onCamera();
      },
      onTool: () => {
        this.#pane.tool = this.#controls.settings.tool;
      },
      onFreeze: () => {
        if (!this.#controls.settings.isFrozen) this.#release();
        this.#showHud();
      },
      onStep: () => this.#step(),
      onFit: () => this.#pane.fit(),
      onActualSize: () => this.#setActualSize(),
      onLimits: (low, high) => this.#setRange(low, high, true),
      onSavePng: () => {
        if (this.#picture !== null) void savePng(this.#picture, this.#pane.tone, this.#name);
      },
      onSaveNpy: () => {
        if (this.#picture !== null) saveNpy(this.#picture, this.#shape?.plane.y === null, this.#name);
      },
    });
    this.#pane = new PicturePane({
      onCursor: (place) => this.#onCursor(place),
      onRegion: (box) => {
        this.#measure.region = box;
        this.#analysis.now();
      },
      onProfile: (line) => {
        this.#measure.profile = line;
        this.#analysis.now();
      },
      onCamera: () => this.#onCamera(),
      onKey: (key) => this.#controls.onKey(key),
    });
    this.#line = new LinePane((place) => this.#onCursor(place));
    this.#histogram = new HistogramPanel((low, high) => this.#setRange(low, high, true));
    this.#lens = new Lens(link, () => this.#showReadout());
    this.element = h(
      "div",
      { class: "stream-panel" },
      this.#controls.element,
      this.#planes.element,
      h(
        "div",
        { class: "stage" },
        h(
          "div",
          { class: "stage-main" },
          this.#pane.element,
          this.#line.element,
          this.#hud.element,
          this.#waiting,
          this.#readout,
        ),
        h(
          "div",
          { class: "side" },
          h("section", {}, h("h3", {}, "Histogram"), this.#histogram.element),
          this.#measure.element,
        ),
      ),
    );
    this.#line.element.hidden = true;
  }

  /** Begins to show frames; the element must be in the page. */
  start(): void {
    const dims = this.#store.stream(String(this.#streamId))?.dims ?? null;
    if (dims !== null) this.#setPlane(suggestedPlane(dims), dims);
    this.#watch();
  }

  /** The stream's state was received again. */
  update(): void {
    this.#showHud();
    const theme = colour("line");
    if (theme === this.#theme) return;
    this.#theme = theme;
    for (const drawn of [this.#pane, this.#line, this.#histogram]) drawn.redraw();
  }

  close(): void {
    clearTimeout(this.#settling);
    this.#analysis.close();
    this.#texts.close();
    this.#unwatch();
    this.#line.close();
    this.#histogram.close();
    this.#lens.close();
    this.#pane.close();
  }

  get #name(): string {
    const name = this.#store.nameOf(this.#streamId);
    return `${this.#streamId}${name === null ? "" : `-${name.replace(/[^\w.-]+/g, "_")}`}`;
  }

  /** Requests the current view unless it is already watched. */
  #watch(): void {
    const { everyPixel, reduction } = this.#controls.settings;
    const { camera, plane, size, maxSide } = this.#pane;
    const { region, ...limits } = everyPixel
      ? { region: null, maxPixels: EVERY_PIXEL, maxSide }
      : wantedPixels(camera, { ...plane, channels: this.#channels }, size, window.devicePixelRatio || 1, maxSide);
    const spec = this.#planes.spec ?? (region === null ? null : (this.#shape?.plane ?? null));
    const shown = spec === null ? null : { ...spec, region };
    const request: WatchRequest = { stream: this.#streamId, plane: shown, ...limits, reduction };
    const requested = JSON.stringify(request);
    if (requested === this.#requested) return;
    this.#requested = requested;
    this.#unwatch();
    this.#held = null;
    this.#unwatch = this.#link.watch(request, {
      onShape: (shape) => this.#onShape(shape),
      onPicture: (picture, drawn) => this.#onPicture(picture, drawn),
    });
  }

  #setPlane({ x, y, c }: PlaneSpec, dims: readonly number[]): void {
    const lengthOf = (axis: number | null): number => (axis === null ? 1 : (dims[axis] ?? 1));
    this.#pane.plane = { width: lengthOf(x), height: lengthOf(y) };
    this.#channels = lengthOf(c);
  }

  #onShape(shape: ShapeMessage): void {
    const before = this.#shape;
    this.#shape = shape;
    const { plane, dims } = shape;
    this.#setPlane(plane, dims);
    const isLine = plane.y === null;
    this.#line.element.hidden = !isLine;
    this.#pane.element.hidden = isLine;
    this.element.classList.toggle("is-line", isLine);
    if (before !== null && before.dims.join() !== dims.join()) this.#pane.camera.isFitting = true;
    this.#isAnalysed = false;
    this.#planes.setShape(shape);
    // The cursor can be where it was.
    this.#lens.look(this.#cursor, this.#picture, shape, this.#streamId);
    this.#watch();
  }

  #onPicture(picture: Picture, drawn: () => void): void {
    if (this.#controls.settings.isFrozen && this.#picture !== null) {
      this.#held = { picture, drawn };
      return;
    }
    this.#show(picture, drawn);
  }

  #show(picture: Picture, drawn: () => void): void {
    this.#picture = picture;
    this.#numbers = numbersOf(picture.values);
    this.#hud.count(picture);
    this.#waiting.hidden = true;
    // The first picture of a shape has no range yet.
    if (this.#isAnalysed) this.#analysis.ask();
    else this.#analysis.now();
    if (this.#shape?.plane.y === null) this.#line.show(this.#numbers, picture, drawn);
    else this.#pane.show(picture, drawn);
    this.#texts.ask();
  }

  #release(): void {
    const held = this.#held;
    this.#held = null;
    if (held !== null) this.#show(held.picture, held.drawn);
  }

  #step(): void {
    if (!this.#controls.settings.isFrozen) this.#controls.press(true);
    this.#release();
  }

  /** Computes range, histogram and statistics of the picture. */
  #analyse(): void {
    const picture = this.#picture;
    if (picture === null) return;
    this.#isAnalysed = true;
    const { rangeMode, map, scale, isInverted, marksClipped } = this.#controls.settings;
    if (rangeMode !== "locked") {
      const [low, high] = rangeMode === "all" ? [0, 100] : [0.1, 99.9];
      const range = percentileRange(this.#numbers, low, high) ?? [0, 1];
      this.#setRange(range[0], range[1], false);
    }
    this.#histogram.update(this.#numbers);
    this.#measure.update(picture, this.#numbers, this.#pane.plane, this.#shape?.plane.y === null);
    this.#pane.tone = { ...this.#pane.tone, map, scale, isInverted, marksClipped };
    this.#pane.redraw();
  }

  #setRange(low: number, high: number, isLocked: boolean): void {
    if (isLocked) this.#controls.lock();
    this.#pane.tone = { ...this.#pane.tone, low, high };
    this.#controls.setRange(low, high);
    this.#histogram.setRange(low, high);
    this.#pane.redraw();
  }

  #setActualSize(): void {
    const { camera, size } = this.#pane;
    camera.zoomAt(1 / (window.devicePixelRatio || 1) / camera.zoom, size.width / 2, size.height / 2, size);
    this.#pane.redraw();
    this.#onCamera();
  }

  /** A large plane is requested again if the visible part or its size changes: it then arrives with other pixels. */
  #onCamera(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#watch(), SETTLE_MS);
  }

  #onCursor(place: Place | null): void {
    this.#cursor = place;
    this.#lens.look(place, this.#picture, this.#shape, this.#streamId);
    this.#showReadout();
  }

  #showReadout(): void {
    const text = readoutOf(this.#cursor, this.#picture, this.#shape, this.#lens.picture);
    setText(this.#readout, text);
  }

  #showHud(): void {
    const picture = this.#picture;
    if (picture === null) return;
    const { recording } = this.#store;
    const stream = this.#store.stream(String(this.#streamId));
    const notes = [
      this.#controls.settings.isFrozen ? "frozen" : "",
      picture.factor > 1 ? reductionOf(picture, this.#shape?.plane.y === null) : "",
      this.#pane.usesWebGl ? "" : "without WebGL",
      recording !== null || stream?.state === "live" ? "" : "the producer has gone: this is its last frame",
    ];
    this.#hud.show(picture, stream, recording, notes);
  }
}
