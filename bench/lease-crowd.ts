// The leases of many consumers in one process: only the requests and keepalives of a consumer, which are real.
import { controlPublicationChannel, observerChannel } from "../src/aeron/channel.ts";
import { AeronConnection } from "../src/aeron/connection.ts";
import { PublishResult } from "../src/aeron/results.ts";
import { DEFAULT_STREAMS } from "../src/protocol/stream-ids.ts";
import { AttachMessages, type ClientIdentity } from "../src/roles/attach-messages.ts";
import { randomId } from "../src/roles/random-id.ts";
import { ResponseCode, ShmAttachResponseDecoder } from "../src/sbe/generated/driver/index.ts";
import { messageKeyAt } from "../src/sbe/header.ts";

export interface CrowdOptions {
  readonly aeronDir: string;
  /** Number of streams; their ids start at 1. */
  readonly streams: number;
  readonly leases: number;
}

interface CrowdLease {
  readonly identity: ClientIdentity;
  high: number;
  low: number;
  dueNs: number;
}

const KEEPALIVE_NS = 1e9;
/** Maximum number of unanswered requests. */
const IN_FLIGHT = 32;

const { aeronDir, streams, leases } = JSON.parse(process.argv[2] ?? "") as CrowdOptions;
const { channel, controlStreamId } = DEFAULT_STREAMS;
const connection = new AeronConnection({ aeronDir, clientName: "lease crowd" });
const publication = connection.addPublication(controlPublicationChannel(channel), controlStreamId);
const messages = new AttachMessages(publication);
const answer = new ShmAttachResponseDecoder();
const asked = new Map<bigint, ClientIdentity>();
const held: CrowdLease[] = [];
let requested = 0;

const subscription = connection.addSubscription(observerChannel(channel), controlStreamId, (view, length) => {
  if (messageKeyAt(view, 0, length) !== ShmAttachResponseDecoder.KEY || answer.wrap(view, 0, length) !== null) return;
  const identity = asked.get(answer.correlationId);
  if (identity === undefined) return;
  asked.delete(answer.correlationId);
  if (answer.code !== ResponseCode.OK) throw new Error(`expected a lease, found ${answer.errorMessage()}`);
  const { leaseId } = answer;
  // Spread over the period, like those of clients that started at different times.
  const dueNs = Bun.nanoseconds() + Math.random() * KEEPALIVE_NS;
  held.push({ identity, high: Number(leaseId >> 32n), low: Number(leaseId & 0xffff_ffffn), dueNs });
  if (held.length === leases) console.log(JSON.stringify({ held: held.length, seconds: process.uptime() }));
});

function request(): void {
  while (requested < leases && asked.size < IN_FLIGHT) {
    const identity = { streamId: 1 + (requested % streams), clientId: randomId(), role: "consumer" } as const;
    const correlationId = BigInt(requested + 1);
    if (messages.requestAttach(identity, correlationId, false) !== PublishResult.PUBLISHED) return;
    asked.set(correlationId, identity);
    requested++;
  }
}

function keepAlive(nowNs: number): void {
  for (const lease of held) {
    if (nowNs < lease.dueNs) continue;
    if (messages.sendKeepalive(lease.identity, lease.high, lease.low, nowNs) !== PublishResult.PUBLISHED) return;
    lease.dueNs += KEEPALIVE_NS;
  }
}

for (;;) {
  const nowNs = Bun.nanoseconds();
  connection.doWork(nowNs);
  while (subscription.poll(256) > 0);
  if (publication.isConnected) {
    request();
    keepAlive(nowNs);
  }
  await Bun.sleep(1);
}
