export type Scale = "linear" | "log" | "sqrt";

/** The mapping from values to colours. */
export interface Tone {
  readonly low: number;
  readonly high: number;
  readonly scale: Scale;
  /** Name of the colour map. */
  readonly map: string;
  readonly isInverted: boolean;
  /** Values outside the range have their own colours. */
  readonly marksClipped: boolean;
}

/** Contrast of the logarithmic scale: three decades of the range. */
export const LOG_CONTRAST = 1000;

/** Position of a value in the range, 0 to 1, after the scale; NaN for NaN. */
export function placeOf(value: number, { low, high, scale }: Pick<Tone, "low" | "high" | "scale">): number {
  const raw = high > low ? (value - low) / (high - low) : value > high ? 1 : value < low ? 0 : 0.5;
  const place = Math.min(1, Math.max(0, raw));
  if (Number.isNaN(value)) return value;
  switch (scale) {
    case "linear":
      return place;
    case "log":
      return Math.log(1 + LOG_CONTRAST * place) / Math.log(1 + LOG_CONTRAST);
    case "sqrt":
      return Math.sqrt(place);
  }
}
