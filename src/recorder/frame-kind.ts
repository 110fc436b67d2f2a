import type { FrameKind } from "../recording/frame-message.ts";
import type { FrameSchemaName } from "../recording/schemas.ts";
import type { Frame } from "../roles/frame.ts";

/** The attribute with which a source names the clock of its timestamps, and the clock assumed without it. */
export const TIMESTAMP_CLOCK = { key: "tensorpool.timestamp_clock", otherwise: "monotonic" } as const;

/** The properties that all frames of a stream currently share. */
export type FrameFacts = Pick<FrameKind, "streamId" | "name" | "epoch" | "clock">;

export function frameKindOf(frame: Frame, { streamId, name, epoch, clock }: FrameFacts): FrameKind {
  return {
    streamId,
    name,
    epoch,
    clock,
    metaVersion: frame.metaVersion,
    dtype: frame.dtype,
    dims: [...frame.dims],
    strides: [...frame.strides],
    majorOrder: frame.majorOrder,
    byteLength: frame.byteLength,
  };
}

/** `/camera-1/image` for frames that viewers show as an image, otherwise `/camera-1/frame`. */
export function topicOf(name: string, schema: FrameSchemaName): string {
  return `/${name.replaceAll(/^\/+|\/+$/g, "")}/${schema === "foxglove.RawImage" ? "image" : "frame"}`;
}
