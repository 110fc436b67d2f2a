import type { PaneListener, PicturePane, Place } from "./picture-pane.ts";
import type { Box } from "./statistics.ts";

const ZOOM_STEP = 1.25;
const ARROWS: Readonly<Record<string, Place>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Pointer, wheel and keys over a picture. */
export function listenToInput(surface: HTMLElement, pane: PicturePane, listener: PaneListener): void {
  let dragFrom: { readonly x: number; readonly y: number; readonly place: Place } | null = null;
  let last = { x: 0, y: 0 };

  const placeAt = (event: { readonly offsetX: number; readonly offsetY: number }): Place => {
    const [x, y] = pane.camera.toPlane(event.offsetX, event.offsetY, pane.size);
    return [Math.floor(x), Math.floor(y)];
  };
  const within = ([x, y]: Place): boolean => x >= 0 && y >= 0 && x < pane.plane.width && y < pane.plane.height;
  const clamped = ([x, y]: Place): Place => [
    Math.min(Math.max(x, 0), Math.max(0, pane.plane.width - 1)),
    Math.min(Math.max(y, 0), Math.max(0, pane.plane.height - 1)),
  ];
  const setCursor = (place: Place | null): void => {
    pane.marks.cursor = place;
    listener.onCursor(place);
    pane.redraw();
  };

  surface.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    surface.setPointerCapture(event.pointerId);
    dragFrom = { x: event.offsetX, y: event.offsetY, place: clamped(placeAt(event)) };
    last = { x: event.offsetX, y: event.offsetY };
  });
  surface.addEventListener("pointermove", (event) => {
    const place = placeAt(event);
    if (dragFrom !== null && pane.tool === "pan") {
      pane.camera.pan(event.offsetX - last.x, event.offsetY - last.y);
      last = { x: event.offsetX, y: event.offsetY };
      listener.onCamera();
    } else if (dragFrom !== null) {
      measure(pane, listener, dragFrom.place, clamped(place));
    }
    setCursor(within(place) ? place : null);
  });
  surface.addEventListener("pointerup", (event) => {
    const isClick = dragFrom !== null && Math.hypot(event.offsetX - dragFrom.x, event.offsetY - dragFrom.y) < 3;
    if (isClick && pane.tool === "region") clearRegion(pane, listener);
    dragFrom = null;
  });
  surface.addEventListener("pointerleave", () => {
    if (dragFrom === null) setCursor(null);
  });
  surface.addEventListener("dblclick", () => pane.fit());
  surface.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      pane.camera.zoomAt(ZOOM_STEP ** -Math.sign(event.deltaY), event.offsetX, event.offsetY, pane.size);
      pane.redraw();
      listener.onCamera();
    },
    { passive: false },
  );
  surface.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    const { width, height } = pane.size;
    if (arrow !== undefined) {
      const [x, y] = pane.marks.cursor ?? [Math.floor(pane.camera.x), Math.floor(pane.camera.y)];
      const step = event.shiftKey ? 10 : 1;
      setCursor(clamped([x + arrow[0] * step, y + arrow[1] * step]));
    } else if (event.key === "+" || event.key === "-") {
      pane.camera.zoomAt(event.key === "+" ? ZOOM_STEP : 1 / ZOOM_STEP, width / 2, height / 2, pane.size);
      pane.redraw();
      listener.onCamera();
    } else if (!listener.onKey(event.key)) {
      return;
    }
    event.preventDefault();
  });
}

function measure(pane: PicturePane, listener: PaneListener, from: Place, to: Place): void {
  if (pane.tool === "profile") {
    pane.marks.profile = [from, to];
    listener.onProfile(pane.marks.profile);
    return;
  }
  const box: Box = {
    left: Math.min(from[0], to[0]),
    top: Math.min(from[1], to[1]),
    right: Math.max(from[0], to[0]) + 1,
    bottom: Math.max(from[1], to[1]) + 1,
  };
  pane.marks.region = box;
  listener.onRegion(box);
}

function clearRegion(pane: PicturePane, listener: PaneListener): void {
  pane.marks.region = null;
  listener.onRegion(null);
  pane.redraw();
}
