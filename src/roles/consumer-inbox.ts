import type { MessageHandler } from "../aeron/subscription.ts";
import type { Counter } from "../core/counters.ts";
import {
  ConsumerConfigDecoder,
  DataSourceAnnounceDecoder,
  DataSourceMetaDecoder,
  FrameProgressDecoder,
  QosConsumerDecoder,
  QosProducerDecoder,
  ShmPoolAnnounceDecoder,
} from "../sbe/generated/control/index.ts";
import { messageKeyAt } from "../sbe/header.ts";
import type { MessageDecoder } from "../sbe/runtime/decoders.ts";

/** Receives the messages that concern a consumer; the decoder is valid only during the call. */
export interface ConsumerInboxListener {
  onAnnounce(message: ShmPoolAnnounceDecoder): void;
  onMeta(message: DataSourceMetaDecoder): void;
  onSource(message: DataSourceAnnounceDecoder): void;
  onQosProducer(message: QosProducerDecoder): void;
  onQosConsumer(message: QosConsumerDecoder, sessionId: number): void;
  onConfig(message: ConsumerConfigDecoder): void;
  onProgress(message: FrameProgressDecoder): void;
}

/** Decodes messages of the control, QoS and metadata streams and passes on the well-formed ones (W-36). */
export class ConsumerInbox {
  readonly #listener: ConsumerInboxListener;
  readonly #refused: Counter;
  readonly #announce = new ShmPoolAnnounceDecoder();
  readonly #source = new DataSourceAnnounceDecoder();
  readonly #meta = new DataSourceMetaDecoder();
  readonly #qosProducer = new QosProducerDecoder();
  readonly #qosConsumer = new QosConsumerDecoder();
  readonly #config = new ConsumerConfigDecoder();
  readonly #progress = new FrameProgressDecoder();

  constructor(listener: ConsumerInboxListener, refused: Counter) {
    this.#listener = listener;
    this.#refused = refused;
  }

  readonly onMessage: MessageHandler = (view, length, sessionId) => {
    switch (messageKeyAt(view, 0, length)) {
      case ShmPoolAnnounceDecoder.KEY:
        if (this.#accepts(this.#announce, view, length)) this.#listener.onAnnounce(this.#announce);
        break;
      case DataSourceMetaDecoder.KEY:
        if (this.#accepts(this.#meta, view, length)) this.#listener.onMeta(this.#meta);
        break;
      case DataSourceAnnounceDecoder.KEY:
        if (this.#accepts(this.#source, view, length)) this.#listener.onSource(this.#source);
        break;
      case QosProducerDecoder.KEY:
        if (this.#accepts(this.#qosProducer, view, length)) this.#listener.onQosProducer(this.#qosProducer);
        break;
      case QosConsumerDecoder.KEY:
        if (this.#accepts(this.#qosConsumer, view, length)) this.#listener.onQosConsumer(this.#qosConsumer, sessionId);
        break;
      case ConsumerConfigDecoder.KEY:
        if (this.#accepts(this.#config, view, length)) this.#listener.onConfig(this.#config);
        break;
      case FrameProgressDecoder.KEY:
        if (this.#accepts(this.#progress, view, length)) this.#listener.onProgress(this.#progress);
        break;
    }
  };

  #accepts(decoder: MessageDecoder, view: DataView, length: number): boolean {
    if (decoder.wrap(view, 0, length) === null) return true;
    this.#refused.increment();
    return false;
  }
}
