import type { Attribute } from "../protocol/attribute.ts";
import type { DataSourceMetaDecoder } from "../sbe/generated/control/index.ts";

/** Versions that are kept: frames of an older one may still be in transit when a new one arrives. */
const KEPT_VERSIONS = 4;
const NONE: readonly Attribute[] = [];

/** The attributes of one stream by `metaVersion` (W-45). */
export class MetadataCache {
  readonly #streamId: number;
  readonly #versions = new Map<number, readonly Attribute[]>();
  #latestVersion = -1;
  /** True while the source speaks of another epoch than the mapped one. */
  #isOfOther = false;
  /** Version that the newest frame refers to; -1 before any. */
  frameVersion = -1;
  /** The epoch that the source announced last; null before the first. */
  #epochHigh: number | null = null;
  #epochLow = 0;

  constructor(streamId: number) {
    this.#streamId = streamId;
  }

  /** The version received last; -1 before the first. */
  get latestVersion(): number {
    return this.#latestVersion;
  }

  /** The attributes of the version received last. */
  get latest(): readonly Attribute[] {
    return this.of(this.#latestVersion);
  }

  /** The attributes of frames with `metaVersion`; empty until they are known. */
  of(metaVersion: number): readonly Attribute[] {
    return this.#versions.get(metaVersion) ?? NONE;
  }

  has(metaVersion: number): boolean {
    return this.#versions.has(metaVersion);
  }

  /** Handles a message of any stream; a repeated version changes nothing. */
  onMeta(message: DataSourceMetaDecoder): void {
    if (message.streamId !== this.#streamId || this.#isOfOther) return;
    const { metaVersion } = message;
    this.#latestVersion = metaVersion;
    if (this.#versions.has(metaVersion)) return;
    const attributes: Attribute[] = [];
    const group = message.attributes;
    for (group.rewind(); group.next(); ) {
      attributes.push({ key: group.key(), format: group.format(), value: group.value() });
    }
    this.#versions.set(metaVersion, attributes);
    for (const version of this.#versions.keys()) {
      if (this.#versions.size <= KEPT_VERSIONS) break;
      this.#versions.delete(version);
    }
  }

  /**
   * The source announced an epoch, and its metadata follows; 0: none that is known. `isOther`: another epoch than the mapped one, which is
   * passed over. A reader that was paused while the producer restarted reads the messages of both producers, in any order, and both begin
   * with version 1. Returns false where it was passed over.
   */
  onSource(high: number, low: number, isOther: boolean): boolean {
    const isKnown = high !== 0 || low !== 0;
    this.#isOfOther = isOther && isKnown;
    if (!this.#isOfOther && isKnown) this.beginEpoch(high, low);
    return !this.#isOfOther;
  }

  /** That epoch was mapped, or is announced: what came with another one is dropped. */
  beginEpoch(high: number, low: number): void {
    this.#isOfOther = false;
    if (high === this.#epochHigh && low === this.#epochLow) return;
    if (this.#epochHigh !== null) this.clear();
    this.#epochHigh = high;
    this.#epochLow = low;
  }

  /** Another producer or epoch: its versions start again. */
  clear(): void {
    this.#versions.clear();
    this.#latestVersion = -1;
    this.frameVersion = -1;
  }
}
