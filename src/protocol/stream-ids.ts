/** Aeron channel and stream ids of the four kinds of traffic (section 6 of the wire protocol). */
export interface AeronStreams {
  readonly channel: string;
  readonly controlStreamId: number;
  readonly descriptorStreamId: number;
  readonly qosStreamId: number;
  readonly metadataStreamId: number;
  /** The stream of a driver's announces; the control stream if left out. */
  readonly announceStreamId?: number;
}

/** The Aeron stream on which regions are announced. */
export function announceStreamIdOf({ announceStreamId, controlStreamId }: AeronStreams): number {
  return announceStreamId ?? controlStreamId;
}

export const DEFAULT_STREAMS: AeronStreams = {
  channel: "aeron:ipc",
  controlStreamId: 1000,
  descriptorStreamId: 1100,
  qosStreamId: 1200,
  metadataStreamId: 1300,
};

/** Announces, QoS, metadata and hellos are sent once per this period (cadence of the wire protocol). */
export const CADENCE_NS = 1e9;

/** Announce periods without activity after which an owner is dead: 3 to 5 (W-08). */
export const LIVENESS_PERIODS = 4;

/** The four Aeron streams by what they carry. */
export const MESSAGE_KINDS = ["control", "descriptor", "qos", "metadata"] as const;
export type MessageKind = (typeof MESSAGE_KINDS)[number];
