import type { PlaneSpec, ShapeMessage } from "../messages.ts";
import { h, replace, setText } from "./dom.ts";
import { formatCount, formatDate, formatNumber, formatPlace, formatSeconds } from "./format.ts";
import { HistogramPanel } from "./histogram-panel.ts";
import { Lens } from "./lens.ts";
import { LinePane } from "./line-pane.ts";
import type { Link, WatchRequest } from "./link.ts";
import { MeasurePanel } from "./measure-panel.ts";
import { PicturePane, type Place } from "./picture-pane.ts";
import { PlaneControls } from "./plane-controls.ts";
import { readoutOf } from "./readout.ts";
import { saveNpy, savePng } from "./save.ts";
import { percentileRange } from "./statistics.ts";
import type { Store } from "./store.ts";
import { type Numbers, numbersOf, type Picture } from "./values.ts";
import { ViewControls } from "./view-controls.ts";

const USUAL_PIXELS = 1_100_000;
const EVERY_PIXEL = 2 ** 24;
/** Ranges, histograms and statistics are for people: more of them a second cannot be read. */
const ANALYSIS_MS = 200;
const SETTLE_MS = 150;
const RATE_MS = 2000;

/** The frames of one stream, live: the picture, what is measured in it, and how it is shown. */
export class StreamPanel {
  readonly element: HTMLElement;
  readonly #streamId: number;
  readonly #link: Link;
  readonly #store: Store;
  readonly #hud = h("div", { class: "hud" });
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
  /** Came while another one was kept: the next step shows it. */
  #held: { readonly picture: Picture; readonly drawn: () => void } | null = null;
  #cursor: Place | null = null;
  #region: PlaneSpec["region"] = null;
  #analysedMs = 0;
  #shown = 0;
  #skipped = 0;
  #shownTimes: number[] = [];
  #unwatch: () => void = () => undefined;
  #settling: ReturnType<typeof setTimeout> | undefined;

  constructor(streamId: number, link: Link, store: Store) {
    this.#streamId = streamId;
    this.#link = link;
    this.#store = store;
    this.#planes = new PlaneControls(() => {
      this.#pane.camera.isFitting = true;
      this.#region = null;
      this.#watch();
    });
    this.#controls = new ViewControls({
      onTone: () => this.#analyse(true),
      onRequest: () => this.#watch(),
      onOrientation: () => {
        this.#pane.camera.orientation = this.#controls.settings.orientation;
        this.#pane.redraw();
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
        this.#analyse(true);
      },
      onProfile: (line) => {
        this.#measure.profile = line;
        this.#analyse(true);
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
          this.#hud,
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
    this.#watch();
  }

  /** The state of the stream was told again. */
  update(): void {
    this.#showHud();
  }

  close(): void {
    clearTimeout(this.#settling);
    this.#unwatch();
    this.#lens.close();
    this.#pane.close();
  }

  get #name(): string {
    const name = this.#store.nameOf(this.#streamId);
    return `${this.#streamId}${name === null ? "" : `-${name.replace(/[^\w.-]+/g, "_")}`}`;
  }

  #watch(): void {
    this.#unwatch();
    this.#held = null;
    const { everyPixel, reduction } = this.#controls.settings;
    const spec = this.#planes.spec ?? (this.#region === null ? null : (this.#shape?.plane ?? null));
    const request: WatchRequest = {
      stream: this.#streamId,
      plane: spec === null ? null : { ...spec, region: this.#region },
      maxPixels: everyPixel ? EVERY_PIXEL : USUAL_PIXELS,
      maxSide: this.#pane.maxSide,
      reduction,
    };
    this.#unwatch = this.#link.watch(request, {
      onShape: (shape) => this.#onShape(shape),
      onPicture: (picture, drawn) => this.#onPicture(picture, drawn),
    });
  }

  #onShape(shape: ShapeMessage): void {
    const before = this.#shape;
    this.#shape = shape;
    const { plane, dims } = shape;
    const lengthOf = (axis: number | null): number => (axis === null ? 1 : (dims[axis] ?? 1));
    this.#pane.plane = { width: lengthOf(plane.x), height: lengthOf(plane.y) };
    const isLine = plane.y === null;
    this.#line.element.hidden = !isLine;
    this.#pane.element.hidden = isLine;
    this.element.classList.toggle("is-line", isLine);
    if (before !== null && before.dims.join() !== dims.join()) {
      this.#region = null;
      this.#pane.camera.isFitting = true;
    }
    this.#analysedMs = 0;
    if (this.#planes.setShape(shape)) this.#watch();
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
    this.#shown++;
    this.#skipped += picture.skipped;
    this.#shownTimes.push(performance.now());
    this.#shownTimes = this.#shownTimes.slice(-300);
    this.#waiting.hidden = true;
    this.#analyse(false);
    if (this.#shape?.plane.y === null) this.#line.show(this.#numbers, picture, drawn);
    else this.#pane.show(picture, drawn);
    this.#showHud();
    this.#showReadout();
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

  /** Range, histogram and statistics of the picture. */
  #analyse(isAsked: boolean): void {
    const picture = this.#picture;
    if (picture === null) return;
    const now = performance.now();
    if (isAsked || now - this.#analysedMs >= ANALYSIS_MS) {
      this.#analysedMs = now;
      const { rangeMode } = this.#controls.settings;
      if (rangeMode !== "locked") {
        const [low, high] = rangeMode === "all" ? [0, 100] : [0.1, 99.9];
        const range = percentileRange(this.#numbers, low, high) ?? [0, 1];
        this.#setRange(range[0], range[1], false);
      }
      this.#histogram.update(this.#numbers);
      this.#measure.update(picture, this.#numbers);
    }
    const { map, scale, isInverted, marksClipped } = this.#controls.settings;
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

  /** A reduced plane is asked for again when a part of it is seen large: then that part comes with more of its pixels. */
  #onCamera(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      const { camera, plane, size } = this.#pane;
      const isLarge = plane.width * plane.height > USUAL_PIXELS && !this.#controls.settings.everyPixel;
      const wanted = isLarge && !camera.isFitting ? camera.visible(plane, size) : null;
      if (String(wanted) === String(this.#region)) return;
      this.#region = wanted;
      this.#watch();
    }, SETTLE_MS);
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
    const stream = this.#store.stream(String(this.#streamId));
    const now = performance.now();
    const rate = this.#shownTimes.filter((time) => now - time < RATE_MS).length / (RATE_MS / 1000);
    const { recording } = this.#store;
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
            `${formatNumber(rate)}/s shown`,
            `${formatNumber(stream?.framesPerSecond)}/s published`,
            `lost ${formatCount(stream?.drops)}`,
          ];
    const notes = [
      this.#controls.settings.isFrozen ? "frozen" : "",
      picture.factor > 1 ? `${picture.factor} × ${picture.factor} ${picture.isMaximum ? "maximum" : "mean"}` : "",
      this.#pane.usesWebGl ? "" : "without WebGL",
      recording !== null || stream?.state === "live" ? "" : "the producer has gone: this is its last frame",
    ].filter((note) => note !== "");
    replace(
      this.#hud,
      ...parts.map((part) => h("span", {}, part)),
      ...notes.map((note) => h("span", { class: "flag" }, note)),
    );
    this.#hud.title = `${formatCount(this.#shown)} frames shown here, ${formatCount(this.#skipped)} passed between them`;
  }
}
