import type { FragmentInbound, FragmentSource, Messaging } from "../aeron/ports.ts";
import type { Agent } from "../core/agent.ts";
import { getLogger } from "../core/logger.ts";
import { printable } from "../core/text.ts";
import type { Attribute } from "../protocol/attribute.ts";
import type { RolePorts } from "../roles/host-ports.ts";
import { BridgeLedgerDecoder, BridgeOpenDecoder } from "../sbe/generated/bridge/index.ts";
import { DataSourceMetaDecoder } from "../sbe/generated/control/index.ts";
import { messageKeyAt } from "../sbe/index.ts";
import { BRIDGE_STREAM_ID, type Endpoint, receiverChannel, receiverLimits } from "./channels.ts";
import type { FarReport } from "./far-account.ts";
import { ReceiverMeter } from "./receiver-meter.ts";
import type { ReceiverRoute } from "./receiver-route.ts";
import { ReceiverSession } from "./receiver-session.ts";
import { ReportSender } from "./report-sender.ts";

const log = getLogger("bridge");
const refusedLog = log.every(10e9);

export interface BridgeReceiverOptions {
  readonly from: Endpoint;
  /** Addresses of hosts that may send; empty: all hosts. */
  readonly peers: readonly string[];
  /** The route of a sender's stream; null: the stream is refused. */
  readonly routeFor: (streamId: number) => ReceiverRoute | null;
  /** Opens the media driver's counters; this host's if omitted. */
  readonly openCounters?: RolePorts["openCounters"];
}

/** A route and the reports to its senders. */
interface Reporting {
  readonly route: ReceiverRoute;
  readonly reports: ReportSender;
  readonly read: () => FarReport | null;
}

/** Blocks taken per cycle from each sender, so that the other agents get their turn. */
const BLOCKS_PER_CYCLE = 64;

/**
 * Receives the frames of bridge senders, each on a separate output stream (W-48): an ordinary producer with its own epoch and layout. Every
 * message is checked before it is used, and the route's own limits bound a sender's requests.
 */
export class BridgeReceiver implements Agent {
  readonly roleName = "bridge receiver";
  readonly #connection: Messaging;
  readonly #options: BridgeReceiverOptions;
  readonly #subscription: FragmentInbound;
  readonly #open = new BridgeOpenDecoder();
  readonly #ledger = new BridgeLedgerDecoder();
  readonly #meta = new DataSourceMetaDecoder();
  readonly #routes = new Map<number, ReceiverRoute>();
  readonly #meter: ReceiverMeter;
  readonly #reports = new Map<ReceiverRoute, ReportSender>();
  /** The same as an array for each cycle, because iterating a map allocates. */
  readonly #reporting: Reporting[] = [];
  #nowNs = 0;

  constructor(connection: Messaging, options: BridgeReceiverOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#meter = new ReceiverMeter(connection, options.openCounters);
    this.#subscription = connection.addFragmentSubscription(receiverChannel(options.from), BRIDGE_STREAM_ID, (source) =>
      this.#newSession(source),
    );
  }

  /** True once datagrams can be received. */
  get isReady(): boolean {
    return this.#subscription.isReady;
  }

  /** Routes that a sender has used. */
  get routes(): readonly ReceiverRoute[] {
    return [...this.#routes.values()];
  }

  /** @throws ProducerError, AttachError */
  doWork(nowNs: number): number {
    this.#nowNs = nowNs;
    let work = 0;
    // What came in the cycle before is dated with the beginning of this one, so that it was there by then.
    for (let i = 0; i < this.#reporting.length; i++) {
      const { route, reports, read } = this.#reporting[i] as Reporting;
      route.delay.onCycle(nowNs);
      work += reports.doWork(nowNs, read);
      if (!route.hasSession) reports.close();
    }
    for (let block = 0; block < BLOCKS_PER_CYCLE; block++) {
      if (this.#subscription.poll(nowNs) === 0) break;
      work++;
    }
    this.#meter.doWork(nowNs, this.#routes);
    // After what came was read: a sender is silent only if nothing did.
    for (let i = 0; i < this.#reporting.length; i++) work += (this.#reporting[i] as Reporting).route.doWork(nowNs);
    return work;
  }

  onLateCycle(nowNs: number, lateByNs: number): void {
    for (const route of this.routes) {
      // Nothing was received during the pause.
      route.hear(nowNs);
      route.output.onLateCycle(nowNs, lateByNs);
    }
  }

  async onClose(): Promise<void> {
    this.#connection.remove(this.#subscription);
    for (const reports of this.#reports.values()) reports.close();
    this.#meter.close();
    await Promise.all(this.routes.map((route) => route.output.onClose()));
  }

  #newSession({ sourceIdentity }: FragmentSource): ReceiverSession {
    const { peers } = this.#options;
    const isAllowed = peers.length === 0 || peers.includes(hostOf(sourceIdentity));
    if (!isAllowed) refusedLog.warn(`a sender at ${sourceIdentity} is refused: it is none of the peers`);
    return new ReceiverSession({
      isAllowed,
      onControl: (session, view, offset, length) => this.#onControl(session, sourceIdentity, view, offset, length),
    });
  }

  #onControl(session: ReceiverSession, source: string, view: DataView, offset: number, length: number): void {
    switch (messageKeyAt(view, offset, length)) {
      case BridgeOpenDecoder.KEY:
        if (this.#open.wrap(view, offset, length) === null) this.#onOpen(session, source, this.#open);
        break;
      case BridgeLedgerDecoder.KEY:
        if (this.#ledger.wrap(view, offset, length) === null) this.#onLedger(session, this.#ledger);
        break;
      case DataSourceMetaDecoder.KEY:
        if (this.#meta.wrap(view, offset, length) === null) session.route?.onAttributes(attributesOf(this.#meta));
    }
  }

  #onOpen(session: ReceiverSession, source: string, open: BridgeOpenDecoder): void {
    const { streamId } = open;
    const route = this.#routeOf(streamId);
    const refusal = route === null ? `stream ${streamId} has no route here` : route.take(session, open, this.#nowNs);
    session.route = refusal === null ? route : null;
    if (refusal !== null || route === null) {
      refusedLog.warn(`a sender at ${printable(source)} is refused: ${refusal}`);
      return;
    }
    route.peer = source;
    const returnPort = open.hasReturnPort ? open.returnPort : null;
    this.#reports.get(route)?.onOpen(hostOf(source), returnPort, open.instance, open.monotonicNs, this.#nowNs);
  }

  #onLedger({ route }: ReceiverSession, ledger: BridgeLedgerDecoder): void {
    if (route === null || ledger.instance !== route.instance) return;
    route.account.onLedger({
      seen: ledger.seenNumber,
      sent: ledger.sentNumber,
      skipped: ledger.skippedNumber,
      backPressured: ledger.backPressuredNumber,
      notConnected: ledger.notConnectedNumber,
      overwritten: ledger.overwrittenNumber,
      gapInSource: ledger.gapInSourceNumber,
      tooLarge: ledger.tooLargeNumber,
      refused: ledger.refusedNumber,
    });
    this.#reports.get(route)?.onLedger();
  }

  #reportOf({ account, delay, output }: ReceiverRoute): FarReport | null {
    if (!account.hasBegun) return null;
    delay.take();
    const { windowBytes, bufferBytes } = receiverLimits(this.#options.from);
    const readers = this.#meter.readersOf(output.streamId);
    return {
      toStreamId: output.streamId,
      receiver: account.id,
      firstSent: account.firstSent,
      lastSent: account.firstSent + account.sender.sent,
      ledger: account.receiver,
      delayNs: delay.newest?.delayNs ?? 0,
      delayErrorNs: delay.newest?.errorNs ?? 0,
      naks: this.#meter.naks,
      windowBytes,
      socketBufferBytes: bufferBytes,
      consumers: readers.length,
      readers,
    };
  }

  #routeOf(streamId: number): ReceiverRoute | null {
    const known = this.#routes.get(streamId);
    if (known !== undefined) return known;
    const route = this.#options.routeFor(streamId);
    // Requests of others must not fill the memory.
    if (route === null) return null;
    this.#routes.set(streamId, route);
    const reports = new ReportSender(this.#connection, streamId);
    this.#reports.set(route, reports);
    this.#reporting.push({ route, reports, read: () => this.#reportOf(route) });
    return route;
  }
}

/** The address of `192.0.2.1:4400` or `[2001:db8::1]:4400`. */
function hostOf(sourceIdentity: string): string {
  return sourceIdentity.slice(0, sourceIdentity.lastIndexOf(":")).replace(/^\[|\]$/g, "");
}

function attributesOf(message: DataSourceMetaDecoder): readonly Attribute[] {
  const attributes: Attribute[] = [];
  const group = message.attributes;
  for (group.rewind(); group.next(); ) {
    attributes.push({ key: group.key(), format: group.format(), value: group.value() });
  }
  return attributes;
}
