import type { Agent } from "../../core/agent.ts";
import type { Clock } from "../../core/clock.ts";
import { getLogger } from "../../core/logger.ts";
import { PeriodicTimer } from "../../core/timers.ts";
import { type FrameFacts, TIMESTAMP_CLOCK, topicOf } from "../../recorder/frame-kind.ts";
import { hostClocks } from "../../recorder/host-clocks.ts";
import { RecordingTime } from "../../recorder/recording-time.ts";
import type { FrameSchemaName } from "../../recording/schemas.ts";
import type { StreamRecord } from "../../supervision/model/index.ts";
import type { Supervisor } from "../../supervision/supervisor.ts";
import type { Eyes } from "../eyes.ts";
import { NO_SEQ } from "../frame-eye.ts";
import type { PageSocket } from "../page-link.ts";
import type { StreamEye } from "../stream-eye.ts";
import { FoxgloveClient, type Subscription } from "./client.ts";
import { FoxgloveEncoder, MAX_FRAME_MESSAGE_BYTES } from "./encoder.ts";
import { FoxgloveStream } from "./foxglove-stream.ts";
import { advertise, serverInfo, unadvertise } from "./replies.ts";
import { type FoxgloveRequest, parseRequest } from "./requests.ts";

const log = getLogger("foxglove");
const tooLargeLog = log.every(30e9);

/** How often streams are checked for new and ended ones. */
const FOLLOW_PERIOD_NS = 250e6;
/** Shortest period between frames of one subscription. */
const MIN_PERIOD_NS = 1e9 / 60;
/** Limit for unsent bytes of all clients together. */
const MAX_BYTES_UNDER_WAY = 256 * 1024 * 1024;
export const MAX_CLIENTS = 16;
export const MAX_SUBSCRIPTIONS = 256;
/** Tolerated malformed messages of a client. */
const MAX_REFUSED = 16;

export interface FoxgloveHubOptions {
  readonly clock: Clock;
  readonly supervisor: Supervisor;
  /** Shared with the pages, so that a stream is mapped once. */
  readonly eyes: Eyes;
  readonly version: string;
}

/**
 * Offers streams as channels of the Foxglove WebSocket protocol, with the same messages as in a recording. A client gets a subscription's
 * newest frame once its socket has accepted all earlier data, so that nothing queues for a slow client.
 */
export class FoxgloveHub implements Agent {
  readonly roleName = "foxglove";
  readonly clients = new Set<FoxgloveClient>();
  readonly #options: FoxgloveHubOptions;
  readonly #streams = new Map<number, FoxgloveStream>();
  readonly #channels = new Map<number, FoxgloveStream>();
  readonly #encoder = new FoxgloveEncoder(new RecordingTime(hostClocks()));
  readonly #follow = new PeriodicTimer(FOLLOW_PERIOD_NS);
  readonly #sessionId = crypto.randomUUID();
  #lastChannelId = 0;
  /** Streams with subscriptions; the first one served rotates from cycle to cycle. */
  #watched: FoxgloveStream[] = [];
  #first = 0;

  constructor(options: FoxgloveHubOptions) {
    this.#options = options;
  }

  /** Size of the newest message. */
  get keptBytes(): number {
    return this.#encoder.keptBytes;
  }

  /** A client has connected; null if there are too many. */
  open(socket: PageSocket, address: string): FoxgloveClient | null {
    if (this.clients.size >= MAX_CLIENTS) {
      socket.close(1013, `${MAX_CLIENTS} clients are connected already`);
      return null;
    }
    const client = new FoxgloveClient(socket, address);
    this.clients.add(client);
    this.#options.eyes.watchers++;
    socket.sendText(serverInfo(this.#options.version, this.#sessionId));
    const channels = [...this.#channels.values()].flatMap(({ channel }) => (channel === null ? [] : [channel]));
    if (channels.length > 0) socket.sendText(advertise(channels));
    return client;
  }

  /** A client has disconnected. */
  close(client: FoxgloveClient): void {
    if (!this.clients.delete(client)) return;
    this.#options.eyes.watchers--;
    for (const id of client.subscriptions.keys()) client.unsubscribe(id);
    this.#findWatched();
  }

  onMessage(client: FoxgloveClient, message: string | Uint8Array): void {
    if (!this.clients.has(client)) return;
    if (!client.mayAsk(this.#options.clock.nanoTime())) {
      this.#disconnect(client, "it sent too many messages");
      return;
    }
    const request = parseRequest(message);
    if (request !== null) this.#answer(client, request);
    else if (++client.refused < MAX_REFUSED) client.warn("tensorpool: this message is malformed");
    else this.#disconnect(client, `it sent ${MAX_REFUSED} malformed messages`);
  }

  doWork(nowNs: number): number {
    if (this.clients.size === 0) {
      if (this.#streams.size > 0) this.#forgetStreams();
      return 0;
    }
    if (this.#follow.isDue(nowNs)) this.#followStreams();
    let room = MAX_BYTES_UNDER_WAY;
    for (const { socket } of this.clients) room -= socket.buffered();
    let work = 0;
    const { length } = this.#watched;
    this.#first++;
    for (let i = 0; i < length && room > 0; i++) {
      const stream = this.#watched[(this.#first + i) % length] as FoxgloveStream;
      const sentBytes = this.#serve(stream, nowNs, room);
      room -= sentBytes;
      if (sentBytes > 0) work++;
    }
    return work;
  }

  onClose(): void {
    for (const client of [...this.clients]) {
      client.socket.close(1001, "the server ends");
      this.close(client);
    }
  }

  #answer(client: FoxgloveClient, request: FoxgloveRequest): void {
    if (request.op === "not-offered") {
      client.warn(`tensorpool offers channels only, found ${request.name}`);
      return;
    }
    if (request.op === "subscribe") {
      for (const { id, channelId } of request.subscriptions) {
        const refusal = this.#subscribe(client, id, channelId);
        if (refusal !== null) client.warn(`tensorpool: subscription ${id}: ${refusal}`);
      }
    } else {
      // The channel of an unknown id may just have ended.
      for (const id of request.subscriptionIds) client.unsubscribe(id);
    }
    this.#findWatched();
  }

  /** Returns the reason for a refusal; null on success. */
  #subscribe(client: FoxgloveClient, id: number, channelId: number): string | null {
    const stream = this.#channels.get(channelId);
    if (stream === undefined) return `there is no channel ${channelId}`;
    if (client.subscriptions.has(id)) return "this id is in use";
    if (client.subscriptions.size >= MAX_SUBSCRIPTIONS) return `expected at most ${MAX_SUBSCRIPTIONS} subscriptions`;
    client.subscribe(id, stream);
    return null;
  }

  #disconnect(client: FoxgloveClient, why: string): void {
    log.warn(`a client at ${client.address} was disconnected: ${why}`);
    client.socket.close(1008, why);
    this.close(client);
  }

  /** Sends a stream's newest frame to the subscriptions that wait for it; returns the unsent bytes this adds. */
  #serve(stream: FoxgloveStream, nowNs: number, room: number): number {
    const seq = stream.eye.newestSeq();
    if (seq === NO_SEQ) return 0;
    const { epoch } = stream.eye;
    let sentBytes = 0;
    for (const subscription of stream.subscriptions) {
      if (!isWaiting(subscription, seq, epoch, nowNs)) continue;
      const outcome = this.#encoder.encode(stream, seq, nowNs);
      if (outcome === "torn") return sentBytes;
      if (outcome === "other-schema") {
        this.#followStreams();
        return sentBytes;
      }
      const { client, id } = subscription;
      if (outcome === "encoded") {
        if (sentBytes + this.#encoder.length > room) return sentBytes;
        client.socket.sendBytes(this.#encoder.messageFor(id));
        client.sent++;
        sentBytes += this.#encoder.length;
      } else if (subscription.sentSeq === NO_SEQ) this.#refuseFrames(subscription);
      subscription.sentSeq = seq;
      subscription.sentEpoch = epoch;
      subscription.dueNs = nowNs + MIN_PERIOD_NS;
    }
    return sentBytes;
  }

  #refuseFrames({ client, stream }: Subscription): void {
    const why = `frames of ${stream.channel?.topic} are not sent: they are larger than ${MAX_FRAME_MESSAGE_BYTES} bytes`;
    tooLargeLog.warn(`${why}; the viewer's own page reduces them`);
    client.warn(`tensorpool: ${why}`);
  }

  /** Updates the set of streams and the kinds of their frames. */
  #followStreams(): void {
    const { supervisor, eyes } = this.#options;
    const ended: number[] = [];
    for (const [streamId, stream] of this.#streams) {
      if (supervisor.model.streams.get(streamId)?.state === "live") continue;
      this.#streams.delete(streamId);
      this.#end(stream, ended);
    }
    const begun: FoxgloveStream[] = [];
    for (const record of supervisor.model.streams.values()) {
      const eye = eyes.get(record.streamId);
      if (record.state !== "live" || eye === undefined || eye.epoch === null) continue;
      const stream = this.#followed(record, eye, eye.epoch);
      const schema = newestSchemaOf(stream);
      if (schema === null) continue;
      const topic = this.#topicFor(stream, schema);
      if (stream.channel?.topic === topic && stream.channel.schema === schema) continue;
      this.#end(stream, ended);
      stream.channel = { id: ++this.#lastChannelId, topic, schema };
      this.#channels.set(stream.channel.id, stream);
      begun.push(stream);
    }
    if (ended.length > 0) this.#tellAll(unadvertise(ended));
    const channels = begun.flatMap(({ channel }) => (channel === null ? [] : [channel]));
    if (channels.length > 0) this.#tellAll(advertise(channels));
    if (ended.length > 0) this.#findWatched();
  }

  #followed(record: StreamRecord, eye: StreamEye, epoch: bigint): FoxgloveStream {
    const { streamId, attributes } = record;
    const name = record.name === null || record.name === "" ? `stream-${streamId}` : record.name;
    const clock = attributes.find(({ key }) => key === TIMESTAMP_CLOCK.key)?.text ?? TIMESTAMP_CLOCK.otherwise;
    const facts: FrameFacts = { streamId, name, epoch, clock };
    let stream = this.#streams.get(streamId);
    if (stream === undefined) {
      stream = new FoxgloveStream(eye, facts);
      this.#streams.set(streamId, stream);
    }
    stream.follow(facts);
    return stream;
  }

  /** Streams with the same name are distinguished by their ids: a topic has one channel. */
  #topicFor(stream: FoxgloveStream, schema: FrameSchemaName): string {
    const topic = topicOf(stream.name, schema);
    for (const other of this.#channels.values()) {
      if (other !== stream && other.channel?.topic === topic)
        return topicOf(`${stream.name}-${stream.streamId}`, schema);
    }
    return topic;
  }

  /** Subscriptions end with their channel. */
  #end(stream: FoxgloveStream, ended: number[]): void {
    if (stream.channel === null) return;
    ended.push(stream.channel.id);
    this.#channels.delete(stream.channel.id);
    stream.channel = null;
    for (const { client, id } of stream.subscriptions) client.unsubscribe(id);
  }

  #tellAll(text: string): void {
    for (const { socket } of this.clients) socket.sendText(text);
  }

  #findWatched(): void {
    this.#watched = [...this.#streams.values()].filter(({ subscriptions }) => subscriptions.size > 0);
  }

  #forgetStreams(): void {
    this.#streams.clear();
    this.#channels.clear();
    this.#encoder.forget();
    this.#watched = [];
  }
}

function isWaiting(
  { client, sentSeq, sentEpoch, dueNs }: Subscription,
  seq: number,
  epoch: bigint | null,
  nowNs: number,
): boolean {
  if (nowNs < dueNs || (sentSeq === seq && sentEpoch === epoch)) return false;
  return client.socket.buffered() === 0;
}

/** Null if there is no intact frame. */
function newestSchemaOf(stream: FoxgloveStream): FrameSchemaName | null {
  let schema: FrameSchemaName | null = null;
  const isIntact = stream.eye.read(stream.eye.newestSeq(), (frame) => {
    schema = stream.messageOf(frame).schema;
  });
  return isIntact ? schema : null;
}
