import { NativeBuffer } from "../../ffi/memory.ts";
import type { Inbound, MessageSink } from "../../src/aeron/ports.ts";
import { randomCorrelationId } from "../../src/roles/attach-messages.ts";
import {
  ResponseCode,
  ShmDetachResponseDecoder,
  ShmDriverShutdownRequestEncoder,
  ShmLeaseRevokeRequestEncoder,
  ShutdownReason,
} from "../../src/sbe/generated/driver/index.ts";
import { messageKeyAt } from "../../src/sbe/header.ts";
import { ADMIN_TOKEN, type Member } from "./member.ts";
import { Violation } from "./oracle.ts";
import type { SimProcess } from "./process.ts";
import type { World } from "./world.ts";

const BUFFER_BYTES = 512;
/** As `lease revoke`: without an answer it is asked for again. */
const ANSWER_NS = 2e9;
const FRAGMENTS = 64;

interface Request {
  readonly leaseId: bigint;
  readonly isAuthorised: boolean;
}

/** Sends what `lease revoke` and `shutdown` send, and awaits the answers as they do. */
export class OperatorMember implements Member {
  readonly roleName = "operator";
  readonly #world: World;
  readonly #process: SimProcess;
  readonly #control: MessageSink;
  readonly #answers: Inbound;
  readonly #revoke = new ShmLeaseRevokeRequestEncoder();
  readonly #shutdown = new ShmDriverShutdownRequestEncoder();
  readonly #answer = new ShmDetachResponseDecoder();
  readonly #buffer = new NativeBuffer(BUFFER_BYTES);
  /** Requests, and the leases that answers have said are revoked. */
  readonly #requests = new Map<bigint, Request>();
  readonly #revokedBy = new Map<bigint, bigint>();
  /** The request whose answer is awaited since the last fault; 0: it has come, or none was sent. */
  #awaited = 0n;
  #dueNs = Number.POSITIVE_INFINITY;

  constructor(world: World, process: SimProcess) {
    this.#world = world;
    this.#process = process;
    const { channel, controlStreamId } = world.streams;
    this.#control = process.connection.addPublication(channel, controlStreamId);
    this.#answers = process.connection.addSubscription(channel, controlStreamId, (view, length) => {
      if (messageKeyAt(view, 0, length) !== ShmDetachResponseDecoder.KEY) return;
      if (this.#answer.wrap(view, 0, length) !== null) return;
      this.#check(this.#answer.correlationId, this.#answer.code);
      if (this.#answer.correlationId === this.#awaited) {
        this.#awaited = 0n;
        this.#dueNs = Number.POSITIVE_INFINITY;
      }
    });
  }

  doWork(nowNs: number): number {
    if (nowNs >= this.#dueNs) {
      this.#dueNs = nowNs + ANSWER_NS;
      // No lease has this id: it is answered, and changes nothing.
      this.#awaited = this.#sendRevoke(0n, ADMIN_TOKEN);
    }
    return this.#answers.poll(FRAGMENTS);
  }

  /** Revokes the lease of some client, which may have ended already. */
  revoke(index: number, isAuthorised: boolean): void {
    const { leaseIds } = this.#world.oracle;
    const leaseId = leaseIds[index % Math.max(1, leaseIds.length)];
    if (leaseId !== undefined) this.#sendRevoke(leaseId, isAuthorised ? ADMIN_TOKEN : "another");
  }

  /** Asks the driver to end. */
  shutDown(isAuthorised: boolean): void {
    this.#world.mayShutDown ||= isAuthorised;
    const message = this.#shutdown.wrap(this.#buffer.view, 0, BUFFER_BYTES);
    message.setCorrelationIdBigint(randomCorrelationId(this.#process.ports.random)).setReason(ShutdownReason.ADMIN);
    message.putToken(isAuthorised ? ADMIN_TOKEN : "another").putErrorMessage("");
    this.#control.publish(this.#buffer.address, message.encodedLength);
  }

  #sendRevoke(leaseId: bigint, token: string): bigint {
    const correlationId = randomCorrelationId(this.#process.ports.random);
    const message = this.#revoke.wrap(this.#buffer.view, 0, BUFFER_BYTES);
    this.#requests.set(correlationId, { leaseId, isAuthorised: token === ADMIN_TOKEN });
    message.setCorrelationIdBigint(correlationId).setLeaseIdBigint(leaseId).putToken(token);
    this.#control.publish(this.#buffer.address, message.encodedLength);
    return correlationId;
  }

  /** A lease ends by one request, which has the token (D-20). */
  #check(correlationId: bigint, code: ResponseCode | null): void {
    const request = this.#requests.get(correlationId);
    if (request === undefined) return;
    const { leaseId, isAuthorised } = request;
    if (code !== ResponseCode.OK) return;
    if (!isAuthorised) throw new Violation(`D-20: the driver revokes lease ${leaseId} by a request without its token`);
    const by = this.#revokedBy.get(leaseId) ?? correlationId;
    if (leaseId === 0n || by !== correlationId) {
      throw new Violation(`the driver says that it has revoked lease ${leaseId}, which does not live`);
    }
    this.#revokedBy.set(leaseId, correlationId);
  }

  onClose(): void {
    this.#process.connection.remove(this.#answers);
    this.#process.connection.remove(this.#control);
  }

  problem(): string | null {
    if (this.#dueNs === Number.POSITIVE_INFINITY && this.#awaited === 0n) return null;
    return "the driver does not answer the operator";
  }
  watch(): void {
    this.#dueNs = 0;
  }
  upheavals(): number {
    return 0;
  }
}
