import type { ShapeMessage } from "../messages.ts";
import { contains } from "./lens.ts";
import { reductionOf } from "./measured.ts";
import type { Place } from "./picture-pane.ts";
import { exactText, type Picture } from "./values.ts";

/** The value at a place of the plane, in the dtype of the frame, with its whole index. `lens`: shows that place without reduction. */
export function readoutOf(
  place: Place | null,
  picture: Picture | null,
  shape: ShapeMessage | null,
  lens: Picture | null,
): string {
  if (place === null || picture === null || shape === null) return " ";
  const source = lens !== null && contains(lens, place) && lens.factor === 1 ? lens : picture;
  if (!contains(source, place)) return " ";
  const { plane, dims, dtype } = shape;
  const x = Math.floor((place[0] - source.x) / source.factor);
  const y = Math.floor((place[1] - source.y) / source.factor);
  const at = (y * source.width + x) * source.channels;
  const values = Array.from({ length: source.channels }, (_, c) => exactText(source.values[at + c], source.dtype));
  const index = dims.map((_dim, axis) => {
    if (axis === plane.x) return String(place[0]);
    if (axis === plane.y) return String(place[1]);
    return axis === plane.c ? ":" : String(plane.index[axis] ?? 0);
  });
  const value = values.length === 1 ? values[0] : `(${values.join(", ")})`;
  const of = source.factor === 1 ? dtype : reductionOf(source, plane.y === null);
  const from = source === picture ? "" : ` in frame ${source.seq}`;
  return `[${index.join(", ")}] = ${value}  ${of}${from}`;
}
