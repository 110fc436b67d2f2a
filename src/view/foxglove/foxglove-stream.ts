import { FrameKey } from "../../recorder/frame-key.ts";
import { type FrameFacts, frameKindOf } from "../../recorder/frame-kind.ts";
import { FrameMessage } from "../../recording/frame-message.ts";
import type { Frame } from "../../roles/frame.ts";
import type { StreamEye } from "../stream-eye.ts";
import type { Subscription } from "./client.ts";
import type { ChannelFacts } from "./replies.ts";

/** One stream as a channel, with the encoder of its frames. */
export class FoxgloveStream {
  readonly streamId: number;
  readonly eye: StreamEye;
  /** Null before a frame was seen. */
  channel: ChannelFacts | null = null;
  readonly subscriptions = new Set<Subscription>();
  #facts: FrameFacts;
  readonly #key = new FrameKey();
  #message: FrameMessage | null = null;

  constructor(eye: StreamEye, facts: FrameFacts) {
    this.streamId = eye.streamId;
    this.eye = eye;
    this.#facts = facts;
  }

  get clock(): string {
    return this.#facts.clock;
  }

  get name(): string {
    return this.#facts.name;
  }

  /** Updates the facts known about the stream. */
  follow(facts: FrameFacts): void {
    const { name, epoch, clock } = this.#facts;
    if (facts.name === name && facts.epoch === epoch && facts.clock === clock) return;
    this.#facts = facts;
    this.#message = null;
  }

  /** The encoder of a frame. Allocates only if the kind differs from the previous frame's. */
  messageOf(frame: Frame): FrameMessage {
    if (this.#message !== null && this.#key.matches(frame.header)) return this.#message;
    this.#message = new FrameMessage(frameKindOf(frame, this.#facts));
    this.#key.set(frame.header);
    return this.#message;
  }
}
