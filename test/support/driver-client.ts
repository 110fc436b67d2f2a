import { encodeJson, type JsonFields } from "../../src/sbe/index.ts";
import { byteVoice, Wiretap } from "../conformance/wiretap.ts";
import type { DriverRig } from "./driver-rig.ts";
import { STREAM_ID } from "./shm.ts";

/** A client that says to a driver what a test wants it to, right or wrong, and hears what is answered. */
export class TestClient {
  readonly tap: Wiretap;
  readonly #rig: DriverRig;
  readonly #sayBytes: (bytes: Uint8Array) => void;
  #correlationId = 1000;

  constructor(rig: DriverRig) {
    this.#rig = rig;
    this.tap = new Wiretap(rig);
    this.#sayBytes = byteVoice(rig, "control");
  }

  /** Says any message. */
  say(name: string, fields: JsonFields): void {
    this.sayBytes(encodeJson(name, fields));
  }

  /** Says what no encoder makes. */
  sayBytes(bytes: Uint8Array): void {
    this.#sayBytes(bytes);
  }

  /** Asks for a lease; resolves to the answer. */
  attach(fields: JsonFields = {}): JsonFields {
    this.#correlationId++;
    const request = {
      correlationId: String(this.#correlationId),
      streamId: STREAM_ID,
      clientId: 500,
      role: "CONSUMER",
      expectedLayoutVersion: 1,
      maxDims: 8,
      publishMode: null,
      requireHugepages: null,
      ...fields,
    };
    this.say("ShmAttachRequest", request);
    return this.answer("ShmAttachResponse", request.correlationId as string);
  }

  detach(lease: JsonFields): JsonFields {
    this.#correlationId++;
    const correlationId = String(this.#correlationId);
    const { leaseId, streamId, clientId, role } = lease;
    this.say("ShmDetachRequest", { correlationId, leaseId, streamId, clientId, role } as JsonFields);
    return this.answer("ShmDetachResponse", correlationId);
  }

  keepAlive(lease: JsonFields): void {
    const { leaseId, streamId, clientId, role } = lease;
    this.say("ShmLeaseKeepalive", { leaseId, streamId, clientId, role, clientTimestampNs: "1" } as JsonFields);
  }

  /** The newest answer of this kind with this correlation id. */
  answer(name: string, correlationId: string): JsonFields {
    const find = (): JsonFields | undefined =>
      this.tap.of(name).findLast((fields) => fields["correlationId"] === correlationId);
    this.#rig.until(() => find() !== undefined, `${name} ${correlationId}`);
    return find() as JsonFields;
  }

  /** Ends of leases that were told of, in order. */
  get revocations(): JsonFields[] {
    return this.tap.of("ShmLeaseRevoked");
  }

  /** Epochs in the announces of a stream, each once, in order. */
  announcedEpochs(streamId: number = STREAM_ID): bigint[] {
    const epochs = this.tap
      .of("ShmPoolAnnounce")
      .filter((fields) => fields["streamId"] === streamId)
      .map(({ epoch }) => BigInt(epoch as string));
    return [...new Set(epochs)];
  }
}
