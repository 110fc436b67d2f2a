import type { PlaneSpec, ShapeMessage } from "../messages.ts";
import { h, replace } from "./dom.ts";
import { remember, remembered } from "./settings.ts";

const NONE = "-";

/** The axes for columns, rows and colours, and a slider for each further one. */
export class PlaneControls {
  readonly element = h("div", { class: "plane-controls" });
  /** Null: axes derived from the shape. */
  spec: PlaneSpec | null = null;
  readonly #onChange: () => void;
  #shape: ShapeMessage | null = null;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Takes the shape of the frames, and with it the axes that were chosen for this shape before. */
  setShape(shape: ShapeMessage): void {
    const before = this.#shape;
    this.#shape = shape;
    if (before !== null && this.#key(before) === this.#key(shape)) return;
    // Axes that were chosen for another shape are not those of this one.
    this.spec = null;
    this.#render(shape.plane);
    const kept = remembered(this.#key(shape));
    if (kept === null) return;
    this.spec = JSON.parse(kept) as PlaneSpec;
    this.#render(this.spec);
  }

  #key({ stream, dims }: ShapeMessage): string {
    return `axes.${stream}.${dims.join("x")}`;
  }

  #change(spec: PlaneSpec): void {
    if (this.#shape === null) return;
    this.spec = spec;
    remember(this.#key(this.#shape), JSON.stringify(spec));
    this.#render(spec);
    this.#onChange();
  }

  #render(spec: PlaneSpec): void {
    const dims = this.#shape?.dims ?? [];
    if (dims.length < 3) {
      replace(this.element);
      return;
    }
    const select = (
      label: string,
      chosen: number | null,
      isOptional: boolean,
      set: (axis: number | null) => PlaneSpec,
    ) => {
      const axes = dims.map((dim, axis) =>
        h("option", { value: axis, selected: axis === chosen }, `axis ${axis} (${dim})`),
      );
      const none = isOptional ? [h("option", { value: NONE, selected: chosen === null }, "none")] : [];
      const element = h("select", { "aria-label": `axis that runs ${label}` }, ...none, ...axes);
      element.addEventListener("change", () =>
        this.#change(set(element.value === NONE ? null : Number(element.value))),
      );
      return h("label", {}, label, element);
    };
    /** The replaced axis gets the free place. */
    const swapped = (name: "x" | "y" | "c", axis: number | null): PlaneSpec => {
      const next: { x: number; y: number | null; c: number | null } = { x: spec.x, y: spec.y, c: spec.c };
      for (const other of ["x", "y", "c"] as const) {
        if (other === name || axis === null || next[other] !== axis) continue;
        if (other === "c") next.c = null;
        else if (spec[name] !== null) next[other] = spec[name];
      }
      if (name === "x") next.x = axis ?? 0;
      else next[name] = axis;
      return { ...spec, ...next, region: null };
    };
    const others = dims.map((_dim, axis) => axis).filter((axis) => ![spec.x, spec.y, spec.c].includes(axis));
    replace(
      this.element,
      select("across", spec.x, false, (axis) => swapped("x", axis)),
      select("down", spec.y, true, (axis) => swapped("y", axis)),
      dims.length > 2 ? select("colour", spec.c, true, (axis) => swapped("c", axis)) : null,
      ...others.map((axis) => this.#slider(spec, axis, dims[axis] as number)),
    );
  }

  #slider(spec: PlaneSpec, axis: number, length: number): HTMLElement {
    const at = spec.index[axis] ?? 0;
    const output = h("output", {}, `${at} of ${length}`);
    const slider = h("input", { type: "range", min: 0, max: Math.max(0, length - 1), value: at });
    slider.addEventListener("input", () => {
      output.textContent = `${slider.value} of ${length}`;
      const index = spec.index.map((place, i) => (i === axis ? Number(slider.value) : place));
      spec = { ...spec, index };
      this.spec = spec;
      this.#onChange();
    });
    slider.addEventListener("change", () => this.#change(spec));
    return h("label", { class: "slider" }, `axis ${axis}`, slider, output);
  }
}
