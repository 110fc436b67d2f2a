import type { EventLog } from "./event-log.ts";
import type { BridgeFact, ClientCountersFact, FarReaderFact } from "./facts.ts";

/** One side of a bridge between hosts, as the counters of its consumer or producer show it. */
export interface BridgeView {
  /** "send": a consumer whose frames go to another host. "receive": a producer whose frames come from one. */
  readonly direction: "send" | "receive";
  /** The other side's address. */
  readonly peer: string;
  readonly isConnected: boolean;
  /** Round-trip time, including the wait behind frames; null if unknown. */
  readonly roundTripSeconds: number | null;
  /** Time from frames' timestamps until the receiver had them, by related clocks, and its uncertainty; null if unknown. */
  readonly delaySeconds: number | null;
  readonly delayErrorSeconds: number | null;
  /** Frames that the receiver has published. */
  readonly delivered: number;
  /** Sent frames whose outcome the receiver has not reported yet. */
  readonly unreported: number;
  /** Frames that were lost on the way, by cause, on either side. */
  readonly losses: Readonly<Record<string, number>>;
  /** Datagrams that were requested again, and that were sent again. */
  readonly naks: number;
  readonly retransmits: number;
  /** Number of times that the window was full. */
  readonly windowFull: number;
  /** Limits of the receiver, in bytes; null if unknown. */
  readonly windowBytes: number | null;
  readonly socketBufferBytes: number | null;
  /** Readers of the receiver's stream, and those of them that are reported individually. */
  readonly readers: number;
  readonly farReaders: readonly FarReaderFact[];
}

/** Counters of losses by direction, and the causes that they count. */
const LOSSES = {
  send: {
    bridgeBackPressured: "backPressured",
    bridgeNotConnected: "notConnected",
    farNoSlot: "noSlot",
    farRefused: "refused",
    farIncomplete: "incomplete",
    farEpochChange: "epochChange",
    farChecksum: "checksum",
  },
  receive: {
    bridgeNotSent: "notSent",
    bridgeNoSlot: "noSlot",
    bridgeRefused: "refused",
    bridgeIncomplete: "incomplete",
    bridgeEpochChange: "epochChange",
    bridgeChecksum: "checksum",
  },
} as const;

/** The view of a bridge; null for a role that is not part of one. */
export function bridgeViewOf(
  direction: BridgeView["direction"],
  fact: BridgeFact | null,
  counts: ReadonlyMap<string, number>,
): BridgeView | null {
  if (fact === null) return null;
  const of = (name: string): number => counts.get(name) ?? 0;
  const known = (name: string): number | null => of(name) || null;
  const losses = Object.fromEntries(Object.entries(LOSSES[direction]).map(([name, cause]) => [cause, of(name)]));
  const lostThere = Object.values({ ...losses, notSent: 0 }).reduce((sum, count) => sum + count, 0);
  const secondsOf = (name: string): number | null => (of(name) === 0 ? null : of(name) / 1e9);
  return {
    direction,
    peer: fact.peer,
    isConnected: fact.isConnected,
    roundTripSeconds: secondsOf("roundTripNs"),
    delaySeconds: secondsOf("bridgeDelayNs"),
    delayErrorSeconds: secondsOf("bridgeDelayErrorNs"),
    delivered: direction === "send" ? of("farDelivered") : Math.max(0, of("bridgeSent") - lostThere),
    unreported: of("farUnreported"),
    losses,
    naks: of("bridgeNaks"),
    retransmits: of("bridgeRetransmits"),
    windowFull: of("bridgeWindowFull"),
    windowBytes: known("bridgeWindowBytes"),
    socketBufferBytes: known("bridgeSocketBytes"),
    readers: of("farReaders"),
    farReaders: fact.readers,
  };
}

/** Frames that a bridge has lost, for all causes. */
export function bridgeLosses({ losses }: BridgeView): number {
  return Object.values(losses).reduce((sum, count) => sum + count, 0);
}

const NO_COUNTS: ReadonlyMap<string, number> = new Map();

/** State of one side of a bridge. */
export class BridgeState {
  fact: BridgeFact | null = null;
  #counts = NO_COUNTS;

  /** Adds an event when the connection is made or lost. */
  onCounters(
    nowNs: number,
    { streamId, clientId, role, counts, bridge = null }: ClientCountersFact,
    events: EventLog,
  ): void {
    const was = this.fact?.isConnected ?? false;
    this.fact = bridge;
    if (bridge === null) return;
    this.#counts = counts;
    if (bridge.isConnected === was) return;
    const side = role === "consumer" ? `to ${bridge.peer}` : `from ${bridge.peer}`;
    const kind = bridge.isConnected ? "bridge-connected" : "bridge-disconnected";
    const what = bridge.isConnected ? "is connected" : "is not connected any more";
    events.add(nowNs, kind, streamId, clientId, `the bridge of stream ${streamId} ${side} ${what}`);
  }

  view(direction: BridgeView["direction"], isLive: boolean): BridgeView | null {
    const view = bridgeViewOf(direction, this.fact, this.#counts);
    return view === null || isLive ? view : { ...view, isConnected: false };
  }
}
