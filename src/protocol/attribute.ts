import { isText, rule } from "../core/rules.ts";

const IS_LIST = rule("a list of attributes", Array.isArray);

/** One entry of a stream's metadata (W-45). `format` is a MIME type, `text/plain` for text. */
export interface Attribute {
  readonly key: string;
  readonly format: string;
  readonly value: Uint8Array;
}

/**
 * The attribute that gives a producer's reaction to a full descriptor window: "wait" (a file: no frame may be lost on the way, and readers
 * may delay it for a bounded time) or "drop" (live; also the meaning of an absent attribute).
 */
export const FLOW_ATTRIBUTE_KEY = "tensorpool.flow";
export type Flow = "drop" | "wait";

/**
 * The attribute of a stream that carries part of another stream's frames, under their seqs: "N" if it carries those whose seq is a multiple
 * of N, "0" if the selection follows no rule. Seqs that are left out by this rule are no loss for its readers.
 */
export const SEQ_STEP_ATTRIBUTE_KEY = "tensorpool.seq_step";
/** Every seq. */
export const EVERY_SEQ = 1;
export const MAX_SEQ_STEP = 0xffff;

/** The step in the attributes; EVERY_SEQ if there is none, or an invalid one. */
export function seqStepOf(attributes: readonly Attribute[]): number {
  const text = attributeText(attributes, SEQ_STEP_ATTRIBUTE_KEY) ?? "";
  return /^\d{1,5}$/.test(text) && Number(text) <= MAX_SEQ_STEP ? Number(text) : EVERY_SEQ;
}

/** Number of frames of a stream with this step whose seqs are above `after` and at most `last`. */
export function framesBetween(after: number, last: number, step: number): number {
  if (step === EVERY_SEQ) return last - after;
  return step === 0 ? 0 : Math.floor(last / step) - Math.floor(after / step);
}

/** A text attribute. @throws OptionError */
export function textAttribute(key: string, text: string): Attribute {
  isText("key", key);
  isText("text", text);
  return { key, format: "text/plain", value: new TextEncoder().encode(text) };
}

/** The text of the attribute `key`; undefined if there is none. @throws OptionError */
export function attributeText(attributes: readonly Attribute[], key: string): string | undefined {
  IS_LIST("attributes", attributes);
  isText("key", key);
  const attribute = attributes.find((candidate) => candidate.key === key);
  return attribute === undefined ? undefined : new TextDecoder().decode(attribute.value);
}
