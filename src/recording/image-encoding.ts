import type { Dtype } from "../protocol/dtype.ts";

/** Element type and channels of an image's pixel format; 0 channels: [H, W]. */
export interface PixelFormat {
  readonly dtype: Dtype;
  readonly channels: number;
}

const NAMED = new Map<string, PixelFormat>([
  ["mono8", { dtype: "uint8", channels: 0 }],
  ["mono16", { dtype: "uint16", channels: 0 }],
  ["rgb8", { dtype: "uint8", channels: 3 }],
  ["bgr8", { dtype: "uint8", channels: 3 }],
  ["rgba8", { dtype: "uint8", channels: 4 }],
  ["bgra8", { dtype: "uint8", channels: 4 }],
  ["rgb16", { dtype: "uint16", channels: 3 }],
  ["bgr16", { dtype: "uint16", channels: 3 }],
  ["rgba16", { dtype: "uint16", channels: 4 }],
  ["bgra16", { dtype: "uint16", channels: 4 }],
  // Two bytes per pixel; the second is a colour component of this pixel or the previous one.
  ["yuv422", { dtype: "uint8", channels: 2 }],
  ["uyvy", { dtype: "uint8", channels: 2 }],
  ["yuyv", { dtype: "uint8", channels: 2 }],
  ["yuv422_yuy2", { dtype: "uint8", channels: 2 }],
]);

/** OpenCV's names: `8UC3`, `16SC1`, `32FC`. */
const OPENCV_DTYPES: Readonly<Record<string, Dtype>> = {
  "8U": "uint8",
  "8S": "int8",
  "16U": "uint16",
  "16S": "int16",
  "32S": "int32",
  "32F": "float32",
  "64F": "float64",
};

/** The supported pixel formats, for messages. */
export const PIXEL_FORMATS = "mono8, mono16, rgb8, bgr8, rgba8, bgra8, rgb16.., bayer_.., yuv422, and 8UC1 to 64FC4";

/** The array form of a ROS or Foxglove pixel format; null if there is none, as for compressed formats. */
export function pixelFormatOf(encoding: string): PixelFormat | null {
  const named = NAMED.get(encoding);
  if (named !== undefined) return named;
  const bayer = /^bayer_[a-z]{4}(8|16)$/.exec(encoding);
  if (bayer !== null) return { dtype: bayer[1] === "8" ? "uint8" : "uint16", channels: 0 };
  const [, kind = "", count = ""] = /^(8U|8S|16U|16S|32S|32F|64F)C([1-9]\d?)?$/.exec(encoding) ?? [];
  const dtype = OPENCV_DTYPES[kind];
  if (dtype === undefined) return null;
  return { dtype, channels: count === "" || count === "1" ? 0 : Number(count) };
}
