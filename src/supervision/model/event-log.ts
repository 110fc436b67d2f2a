/** Kinds of events that are logged. */
export const EVENT_KINDS = [
  "stream-appeared",
  "stream-forgotten",
  "epoch-changed",
  "producer-lost",
  "producer-back",
  "consumer-appeared",
  "consumer-lost",
  "consumer-back",
  "consumer-restarted",
  "drops-above",
  "drops-settled",
  "duplicate-id",
  "mode-changed",
  "config-sent",
  "config-seen",
  "config-ignored",
  "steering-ended",
  "lease-granted",
  "lease-revoked",
  "attach-refused",
  "driver-shutdown",
  "bridge-connected",
  "bridge-disconnected",
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** Kinds that an operator should look at. */
const WARNINGS: ReadonlySet<EventKind> = new Set([
  "producer-lost",
  "consumer-lost",
  "drops-above",
  "duplicate-id",
  "config-ignored",
  "attach-refused",
  "driver-shutdown",
  "bridge-disconnected",
]);

export interface SupervisionEvent {
  /** Counts from 1, without gaps: ids below the oldest event were removed to make room. */
  readonly id: number;
  readonly atNs: number;
  readonly kind: EventKind;
  readonly severity: "info" | "warning";
  readonly streamId: number | null;
  /** The producer's or consumer's id. */
  readonly clientId: number | null;
  /** The event and its cause, as text. */
  readonly text: string;
}

/** The newest events; older ones are removed. */
export class EventLog {
  readonly #capacity: number;
  #events: SupervisionEvent[] = [];
  #lastId = 0;
  readonly #counts = new Map<EventKind, number>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Id of the newest event, which equals the number of events; 0 before the first. */
  get lastId(): number {
    return this.#lastId;
  }

  /** Number of events of a kind. */
  count(kind: EventKind): number {
    return this.#counts.get(kind) ?? 0;
  }

  /** `isOrderly`: the event was intended, and is no warning whatever its kind. */
  add(
    nowNs: number,
    kind: EventKind,
    streamId: number | null,
    clientId: number | null,
    text: string,
    isOrderly = false,
  ): void {
    const severity = WARNINGS.has(kind) && !isOrderly ? "warning" : "info";
    this.#counts.set(kind, this.count(kind) + 1);
    this.#events.push({ id: ++this.#lastId, atNs: nowNs, kind, severity, streamId, clientId, text });
    // Removed in bulk, so that adding stays cheap.
    if (this.#events.length >= this.#capacity * 2) this.#events = this.#events.slice(-this.#capacity);
  }

  /** The remaining events with an id above this one, oldest first. */
  after(id: number, limit = Number.POSITIVE_INFINITY): readonly SupervisionEvent[] {
    const kept = this.#events.slice(-this.#capacity);
    const newer = kept.filter((event) => event.id > id);
    return newer.length > limit ? newer.slice(-limit) : newer;
  }
}
