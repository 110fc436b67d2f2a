import { SinkError } from "../errors.ts";
import { describeLayout, sameLayout } from "../layout.ts";
import type { FrameEncoder } from "../output/queued-sink.ts";
import type { Attribute, SinkFrame } from "../types.ts";
import { headerFromAttributes, inferHeader } from "./attributes.ts";
import { frameRateHz, type Y4mHeader } from "./header.ts";

/** Readers also assume this if a stream has no rate. */
const DEFAULT_FRAME_RATE = "25:1";

const FRAME_LINE = new TextEncoder().encode("FRAME\n");

/** Frames as a yuv4mpeg2 stream, whose header comes from the stream's y4m attributes. */
export class Y4mEncoder implements FrameEncoder {
  readonly needsAttributes = true;
  readonly #frameRate: string;
  #header: Y4mHeader | null = null;
  #attributes: readonly Attribute[] | null = null;
  #isInferred = false;
  #isStreamBegun = false;
  #isFirst = false;

  readonly #onInferred: (notice: string) => void;

  /**
   * @param rateHz frame rate to write if the stream has no attributes
   * @param onInferred called once with a notice if the header is guessed
   */
  constructor(rateHz?: number, onInferred: (notice: string) => void = () => {}) {
    this.#onInferred = onInferred;
    this.#frameRate = rateHz === undefined ? DEFAULT_FRAME_RATE : fractionOf(rateHz);
  }

  prefixOf(frame: SinkFrame): Uint8Array {
    if (frame.attributes !== this.#attributes || this.#header === null) this.#takeAttributes(frame);
    const header = this.#header as Y4mHeader;
    if (!sameLayout(header.layout, frame)) {
      throw new SinkError(
        "changed",
        `y4m: expected ${describeLayout(header.layout)} (${header.text}), found ${describeLayout(frame)}: ` +
          "a yuv4mpeg2 stream has one size and colour space",
        { expected: describeLayout(header.layout), found: describeLayout(frame) },
      );
    }
    this.#isFirst = !this.#isStreamBegun;
    if (!this.#isFirst) return FRAME_LINE;
    this.#isStreamBegun = true;
    return new Uint8Array(Buffer.from(`${header.text}\nFRAME\n`, "latin1"));
  }

  rollback(): void {
    if (this.#isFirst) this.#isStreamBegun = false;
  }

  notes(): readonly string[] {
    return this.#isInferred ? [this.#inferredNotice()] : [];
  }

  #inferredNotice(): string {
    const { colorspace, frameRate } = this.#header as Y4mHeader;
    const rate = frameRateHz(frameRate);
    return `the stream has no y4m attributes: written as C${colorspace.name} at ${rate} frames/s, going by its dims`;
  }

  #takeAttributes(frame: SinkFrame): void {
    const described = headerFromAttributes(frame.attributes);
    if (described === null && this.#header === null && frame.attributes.length === 0 && frame.metaVersion > 0) {
      // Its dims alone may look like another picture format.
      throw new SinkError(
        "unsupported",
        `y4m: the stream has metadata (version ${frame.metaVersion}) that has not arrived yet, which may say how its frames ` +
          "are to be read; if this persists, look at the counter controlFailed of the producer",
        { found: "no metadata" },
      );
    }
    // Missing attributes prove nothing about the stream; its frames must still fit.
    const header = described ?? this.#header ?? inferHeader(frame.dtype, frame.dims, this.#frameRate);
    if (header === null) {
      throw new SinkError(
        "unsupported",
        "y4m: expected y4m attributes in the stream's metadata, or uint8 or uint16 frames of [H, W] or [3, H, W]; " +
          `found ${describeLayout(frame)} without attributes`,
        { found: describeLayout(frame) },
      );
    }
    if (typeof header === "string") {
      throw new SinkError("unsupported", `y4m: the stream's y4m attributes are not usable: ${header}`, {
        found: header,
      });
    }
    const known = this.#header;
    if (known !== null && this.#isStreamBegun && known.text !== header.text) {
      throw new SinkError("changed", `y4m: expected the stream to stay "${known.text}", found "${header.text}"`, {
        expected: known.text,
        found: header.text,
      });
    }
    this.#header = header;
    this.#attributes = frame.attributes;
    const isInferred = described === null && (known === null || this.#isInferred);
    if (isInferred && !this.#isInferred) this.#onInferred(this.#inferredNotice());
    this.#isInferred = isInferred;
  }
}

/** A rate as a fraction for a stream header: 30000:1001 for 29.97. */
function fractionOf(rateHz: number): string {
  const ntsc = Math.round((rateHz * 1001) / 1000);
  if (!Number.isInteger(rateHz) && Math.abs(rateHz - (ntsc * 1000) / 1001) < 0.005) return `${ntsc * 1000}:1001`;
  return Number.isInteger(rateHz) ? `${rateHz}:1` : `${Math.round(rateHz * 1000)}:1000`;
}
