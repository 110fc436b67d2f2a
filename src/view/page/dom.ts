/** The content of an element; text is always text, never markup. */
export type Child = Node | string | number | null | undefined;

export interface Properties {
  readonly class?: string;
  readonly [attribute: string]: string | number | boolean | undefined;
}

/** An element with attributes and children. An attribute that is true has no value, one that is false or undefined is left out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

export function append(element: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

export function replace(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren();
  append(element, children);
}

/** Sets a text only if it differs, so that an unchanged page is not laid out again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function button(label: string, title: string, onClick: () => void): HTMLButtonElement {
  const element = h("button", { type: "button", title }, label);
  element.addEventListener("click", onClick);
  return element;
}

/** A button that stays pressed. */
export function toggle(
  label: string,
  title: string,
  isOn: boolean,
  onChange: (isOn: boolean) => void,
): HTMLButtonElement {
  const element = h("button", { type: "button", title, "aria-pressed": String(isOn) }, label);
  element.addEventListener("click", () => {
    const isNowOn = element.getAttribute("aria-pressed") !== "true";
    element.setAttribute("aria-pressed", String(isNowOn));
    onChange(isNowOn);
  });
  return element;
}

export function choice<T extends string>(
  label: string,
  choices: readonly (readonly [value: T, text: string])[],
  chosen: T,
  onChange: (value: T) => void,
): HTMLSelectElement {
  const options = choices.map(([value, text]) => h("option", { value, selected: value === chosen }, text));
  const element = h("select", { "aria-label": label, title: label }, ...options);
  element.addEventListener("change", () => onChange(element.value as T));
  return element;
}

const colours = new Map<string, string>();

/** A colour of the style sheet, for drawing. Cached, because reading it computes styles. */
export function colour(name: string): string {
  let value = colours.get(name);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    colours.set(name, value);
  }
  return value;
}

/** The page's theme has changed: colours are read again. */
export function forgetColours(): void {
  colours.clear();
}

/** Sizes a canvas to its place, in CSS pixels, in device pixels. */
export function fitCanvas(
  canvas: HTMLCanvasElement,
  place: { readonly width: number; readonly height: number } = {
    width: canvas.clientWidth,
    height: canvas.clientHeight,
  },
): void {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.max(1, Math.round(place.width * ratio));
  const height = Math.max(1, Math.round(place.height * ratio));
  if (canvas.width === width && canvas.height === height) return;
  canvas.width = width;
  canvas.height = height;
}

/** A canvas at its shown size, cleared, for drawing in CSS pixels; null if drawing is impossible. */
export function clearedCanvas(
  canvas: HTMLCanvasElement,
): { readonly context: CanvasRenderingContext2D; readonly width: number; readonly height: number } | null {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  fitCanvas(canvas, { width, height });
  const context = canvas.getContext("2d");
  if (context === null) return null;
  const ratio = window.devicePixelRatio || 1;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}
