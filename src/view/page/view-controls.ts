import { COLOUR_MAPS } from "./colour-maps.ts";
import { button, choice, h, toggle } from "./dom.ts";
import { flippedAcross, flippedDown, type Orientation, rotated, transposed, UPRIGHT } from "./orientation.ts";
import type { Tool } from "./picture-pane.ts";
import { remember, remembered } from "./settings.ts";
import type { Scale } from "./tone.ts";

export type RangeMode = "percentiles" | "all" | "locked";

/** The user's display settings for a picture. */
export interface ViewSettings {
  map: string;
  scale: Scale;
  isInverted: boolean;
  marksClipped: boolean;
  rangeMode: RangeMode;
  tool: Tool;
  orientation: Orientation;
  everyPixel: boolean;
  reduction: "mean" | "maximum";
  isFrozen: boolean;
}

export interface ControlsListener {
  onTone(): void;
  onRequest(): void;
  onOrientation(): void;
  onTool(): void;
  onFreeze(): void;
  onStep(): void;
  onFit(): void;
  onActualSize(): void;
  onLimits(low: number, high: number): void;
  onSavePng(): void;
  onSaveNpy(): void;
}

/** The tool bar of a picture. */
export class ViewControls {
  readonly element: HTMLElement;
  readonly settings: ViewSettings;
  readonly #listener: ControlsListener;
  readonly #low = numberInput("lower end of the range");
  readonly #high = numberInput("upper end of the range");
  readonly #mode: HTMLSelectElement;
  readonly #freeze: HTMLButtonElement;

  constructor(listener: ControlsListener) {
    this.#listener = listener;
    const settings: ViewSettings = {
      map: remembered("map") ?? "gray",
      scale: "linear",
      isInverted: false,
      marksClipped: false,
      rangeMode: "percentiles",
      tool: "pan",
      orientation: UPRIGHT,
      everyPixel: false,
      reduction: "mean",
      isFrozen: false,
    };
    this.settings = settings;
    const set = <K extends keyof ViewSettings>(key: K, value: ViewSettings[K], then: () => void): void => {
      settings[key] = value;
      then();
    };
    const turn = (label: string, title: string, change: (from: Orientation) => Orientation): HTMLButtonElement =>
      button(label, title, () => set("orientation", change(settings.orientation), listener.onOrientation));
    this.#mode = choice<RangeMode>(
      "how the range of values is chosen",
      [
        ["percentiles", "auto 0.1–99.9 %"],
        ["all", "min to max"],
        ["locked", "locked"],
      ],
      settings.rangeMode,
      (mode) => set("rangeMode", mode, listener.onTone),
    );
    for (const input of [this.#low, this.#high]) {
      input.addEventListener("change", () => {
        const [low, high] = [Number(this.#low.value), Number(this.#high.value)];
        if (Number.isFinite(low) && Number.isFinite(high)) listener.onLimits(low, high);
      });
    }
    this.#freeze = toggle("Freeze", "keep this frame (space)", false, (isOn) => {
      settings.isFrozen = isOn;
      listener.onFreeze();
    });
    const maps = COLOUR_MAPS.map((name) => [name, name] as const);
    const colours = choice("colour map", maps, settings.map, (map) => {
      remember("map", map);
      set("map", map, listener.onTone);
    });
    this.element = h(
      "div",
      { class: "toolbar", role: "toolbar", "aria-label": "picture" },
      group("time", this.#freeze, button("Step", "the next frame (.)", listener.onStep)),
      group(
        "colours",
        colours,
        toggle("Invert", "the colours the other way round", false, (isOn) => set("isInverted", isOn, listener.onTone)),
        choice<Scale>(
          "scale of the values",
          [
            ["linear", "linear"],
            ["log", "log"],
            ["sqrt", "square root"],
          ],
          "linear",
          (scale) => set("scale", scale, listener.onTone),
        ),
      ),
      group(
        "range",
        this.#mode,
        this.#low,
        this.#high,
        toggle("Clipped", "mark values above the range red and below it blue", false, (isOn) =>
          set("marksClipped", isOn, listener.onTone),
        ),
      ),
      group(
        "tool",
        choice<Tool>(
          "what dragging does",
          [
            ["pan", "move"],
            ["region", "region"],
            ["profile", "line profile"],
          ],
          "pan",
          (tool) => set("tool", tool, listener.onTool),
        ),
        button("Fit", "the whole picture (double click, 0)", listener.onFit),
        button("1:1", "a screen pixel for each (1)", listener.onActualSize),
      ),
      group(
        "orientation",
        turn("⟳", "rotate by a quarter turn (r)", rotated),
        turn("⇆", "exchange left and right (h)", flippedAcross),
        turn("⇅", "exchange top and bottom (v)", flippedDown),
        turn("⤡", "exchange rows and columns (t)", transposed),
      ),
      group(
        "reduction",
        toggle("Every pixel", "never reduce large pictures, at the price of rate", false, (isOn) =>
          set("everyPixel", isOn, listener.onRequest),
        ),
        choice<"mean" | "maximum">(
          "how the values of an area become one",
          [
            ["mean", "mean"],
            ["maximum", "maximum"],
          ],
          "mean",
          (reduction) => set("reduction", reduction, listener.onRequest),
        ),
      ),
      group(
        "save",
        button("PNG", "save what is shown, a pixel for each, as PNG", listener.onSavePng),
        button(".npy", "save the values as .npy", listener.onSaveNpy),
      ),
    );
  }

  /** Shows a range chosen elsewhere. */
  setRange(low: number, high: number): void {
    for (const [input, value] of [
      [this.#low, low],
      [this.#high, high],
    ] as const) {
      const text = String(Number(value.toPrecision(6)));
      if (document.activeElement !== input && input.value !== text) input.value = text;
    }
  }

  /** Locks the current range. */
  lock(): void {
    this.settings.rangeMode = "locked";
    this.#mode.value = "locked";
  }

  /** A key that triggers a button. */
  onKey(key: string): boolean {
    const turns: Readonly<Record<string, (from: Orientation) => Orientation>> = {
      r: rotated,
      h: flippedAcross,
      v: flippedDown,
      t: transposed,
    };
    const turn = turns[key];
    if (turn !== undefined) {
      this.settings.orientation = turn(this.settings.orientation);
      this.#listener.onOrientation();
    } else if (key === " ") this.#freeze.click();
    else if (key === ".") this.#listener.onStep();
    else if (key === "0") this.#listener.onFit();
    else if (key === "1") this.#listener.onActualSize();
    else return false;
    return true;
  }

  press(isFrozen: boolean): void {
    this.settings.isFrozen = isFrozen;
    this.#freeze.setAttribute("aria-pressed", String(isFrozen));
  }
}

function group(name: string, ...children: readonly HTMLElement[]): HTMLElement {
  return h("div", { class: "group", role: "group", "aria-label": name }, ...children);
}

function numberInput(label: string): HTMLInputElement {
  return h("input", { type: "text", inputmode: "decimal", class: "limit", "aria-label": label, title: label });
}
