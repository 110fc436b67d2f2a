import { NativeBuffer } from "../../ffi/memory.ts";
import type { Publication } from "../aeron/publication.ts";
import { PublishResult } from "../aeron/results.ts";
import { randomId } from "../roles/random-id.ts";
import { ConsumerHelloEncoder, Mode } from "../sbe/index.ts";
import { LAYOUT_VERSION } from "../shm/index.ts";

/** Sends one hello to each stream, so that its producer announces at once and not only at its cadence (W-38). */
export class HelloSender {
  readonly #buffer = new NativeBuffer(128);
  readonly #hello = new ConsumerHelloEncoder();
  readonly #consumerId = randomId();
  readonly #wanted = new Set<number>();
  readonly #said = new Set<number>();

  /** Requests a hello to the stream, unless it already had one. */
  ask(streamId: number): void {
    if (!this.#said.has(streamId)) this.#wanted.add(streamId);
  }

  /** Sends the requested hellos as soon as there is a subscriber; returns the number of hellos that were sent. */
  doWork(control: Publication): number {
    if (this.#wanted.size === 0 || !control.isConnected) return 0;
    let sent = 0;
    for (const streamId of this.#wanted) {
      if (!this.#send(control, streamId)) break;
      this.#wanted.delete(streamId);
      this.#said.add(streamId);
      sent++;
    }
    return sent;
  }

  #send(control: Publication, streamId: number): boolean {
    const message = this.#hello.wrap(this.#buffer.view, 0, this.#buffer.bytes.length);
    message.setStreamId(streamId).setConsumerId(this.#consumerId).setSupportsShm(1).setSupportsProgress(0);
    message.setMode(Mode.LATEST).setMaxRateHz(0).setExpectedLayoutVersion(LAYOUT_VERSION);
    return control.publish(this.#buffer.address, ConsumerHelloEncoder.ENCODED_LENGTH) === PublishResult.PUBLISHED;
  }
}
