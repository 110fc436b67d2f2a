import type { FrameShape } from "../protocol/frame-layout.ts";

/** `uint16 480x640`, with order and strides if they matter. */
export function describeShape({ dtype, dims, majorOrder, strides }: FrameShape): string {
  const shape = dims.length === 0 ? "scalar" : dims.join("x");
  const order = majorOrder === "column" ? " column-major" : "";
  return `${dtype} ${shape}${order}${strides === undefined ? "" : ` strides ${strides.join(",")}`}`;
}
