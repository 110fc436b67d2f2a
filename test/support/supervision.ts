import { SupervisionModel, type SupervisionOptions } from "../../src/supervision/model/index.ts";

export const CAUSES = ["gap", "resync", "overwritten", "sinkTooSlow"];
const SECOND_NS = 1e9;

/** A model with a clock, and short words for what is said to it once a second. */
export class Supervised {
  readonly model: SupervisionModel;
  nowNs = 1000 * SECOND_NS;

  constructor(options: Partial<SupervisionOptions> = {}) {
    this.model = new SupervisionModel(CAUSES, options);
  }

  /** Events since the last call, as `kind` lists. */
  #seen = 0;
  news(): string[] {
    const events = this.model.events.after(this.#seen);
    this.#seen = this.model.events.lastId;
    return events.map(({ kind }) => kind);
  }

  get lastText(): string {
    return this.model.events.after(this.model.events.lastId - 1)[0]?.text ?? "";
  }

  wait(seconds: number): void {
    this.nowNs += seconds * SECOND_NS;
    this.model.tick(this.nowNs);
  }

  announce({ streamId = 1, producerId = 7, epoch = 5n, nslots = 64 } = {}): void {
    this.model.onAnnounce(this.nowNs, {
      streamId,
      producerId,
      epoch,
      layoutVersion: 1,
      nslots,
      pools: [{ poolId: 1, strideBytes: 4096 }],
      headerRegionUri: "shm:file?path=/dev/shm/x",
    });
  }

  qosProducer(currentSeq: number, { streamId = 1, producerId = 7, epoch = 5n } = {}): void {
    this.model.onProducer(this.nowNs, { streamId, producerId, epoch, currentSeq });
  }

  qos(
    lastSeqSeen: number,
    { streamId = 1, consumerId = 42, sessionId = 1, epoch = 5n, gap = 0, late = 0, mode = "stream" as const } = {},
    modeNow: "stream" | "latest" | "decimated" = mode,
  ): void {
    const fact = { streamId, consumerId, sessionId, epoch, lastSeqSeen, dropsGap: gap, dropsLate: late, mode: modeNow };
    this.model.onQosConsumer(this.nowNs, fact);
  }
}
