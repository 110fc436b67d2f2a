// A client that attaches and detaches, one after the other, and says how long the driver's answers take.

import { controlPublicationChannel, observerChannel } from "../../../src/aeron/channel.ts";
import { AeronConnection } from "../../../src/aeron/connection.ts";
import { PublishResult } from "../../../src/aeron/results.ts";
import { DEFAULT_STREAMS } from "../../../src/protocol/stream-ids.ts";
import { AttachMessages, randomCorrelationId } from "../../../src/roles/attach-messages.ts";
import { randomId } from "../../../src/roles/random-id.ts";
import {
  ResponseCode,
  ShmAttachResponseDecoder,
  ShmDetachResponseDecoder,
} from "../../../src/sbe/generated/driver/index.ts";
import { messageKeyAt } from "../../../src/sbe/header.ts";
import { argumentOf, tell, turn } from "../support/subject.ts";

export interface ProbeOptions {
  readonly aeronDir: string;
  readonly streamId: number;
  readonly count: number;
}

/** Nanoseconds from request to answer, in order. */
export interface ProbeResult {
  readonly latenciesNs: readonly number[];
}

const { aeronDir, streamId, count } = argumentOf<ProbeOptions>();
const { channel, controlStreamId } = DEFAULT_STREAMS;
const connection = new AeronConnection({ aeronDir, clientName: "prober" });
const publication = connection.addPublication(controlPublicationChannel(channel), controlStreamId);
const messages = new AttachMessages(publication);
const attached = new ShmAttachResponseDecoder();
const detached = new ShmDetachResponseDecoder();
let expected = 0n;
/** The lease of the answer that was awaited; 0 for one without. */
let answered: bigint | null = null;

const subscription = connection.addSubscription(observerChannel(channel), controlStreamId, (view, length) => {
  const key = messageKeyAt(view, 0, length);
  if (key === ShmAttachResponseDecoder.KEY && attached.wrap(view, 0, length) === null) {
    if (attached.correlationId !== expected) return;
    if (attached.code !== ResponseCode.OK) throw new Error(`expected a lease, found ${attached.errorMessage()}`);
    answered = attached.leaseId;
  } else if (key === ShmDetachResponseDecoder.KEY && detached.wrap(view, 0, length) === null) {
    if (detached.correlationId === expected) answered = 0n;
  }
});

async function answerTo(send: () => PublishResult): Promise<{ leaseId: bigint; tookNs: number }> {
  answered = null;
  while (send() !== PublishResult.PUBLISHED) {
    connection.doWork(Bun.nanoseconds());
    await turn();
  }
  const beganNs = Bun.nanoseconds();
  for (let spins = 1; answered === null; spins++) {
    connection.doWork(Bun.nanoseconds());
    subscription.poll(64);
    if (spins % 64 === 0) await turn();
  }
  return { leaseId: answered, tookNs: Bun.nanoseconds() - beganNs };
}

const latenciesNs: number[] = [];
for (let i = 0; i < count; i++) {
  const identity = { streamId, clientId: randomId(), role: "consumer" } as const;
  expected = randomCorrelationId();
  const { leaseId, tookNs } = await answerTo(() => messages.requestAttach(identity, expected, false));
  latenciesNs.push(tookNs);
  expected = randomCorrelationId();
  await answerTo(() => messages.requestDetach(identity, expected, leaseId));
}
tell({ latenciesNs } satisfies ProbeResult);
connection.onClose();
