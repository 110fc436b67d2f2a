import { toJson } from "../../core/text.ts";
import { FRAME_SCHEMAS, type FrameSchemaName, PROTOBUF } from "../../recording/schemas.ts";

// Server messages of the Foxglove WebSocket protocol, except the frames.

export const STATUS = { INFO: 0, WARNING: 1, ERROR: 2 } as const;

export interface ChannelFacts {
  readonly id: number;
  readonly topic: string;
  readonly schema: FrameSchemaName;
}

const SCHEMAS = Object.fromEntries(
  Object.entries(FRAME_SCHEMAS).map(([name, bytes]) => [name, bytes.toBase64()]),
) as Readonly<Record<FrameSchemaName, string>>;

/** `sessionId`: a changed id shows a client that it now talks to another process. */
export function serverInfo(version: string, sessionId: string): string {
  return toJson({ op: "serverInfo", name: `tensorpool ${version}`, capabilities: [], metadata: {}, sessionId });
}

export function advertise(channels: readonly ChannelFacts[]): string {
  const told = channels.map(({ id, topic, schema }) => ({
    id,
    topic,
    encoding: PROTOBUF,
    schemaName: schema,
    schema: SCHEMAS[schema],
    schemaEncoding: PROTOBUF,
  }));
  return toJson({ op: "advertise", channels: told });
}

export function unadvertise(channelIds: readonly number[]): string {
  return toJson({ op: "unadvertise", channelIds });
}

export function status(level: number, message: string): string {
  return toJson({ op: "status", level, message });
}
