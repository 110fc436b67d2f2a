const MIN_SPEED = 0.001;
const MAX_SPEED = 1000;

export const SPEED_EXPECTED = `max, or a number from ${MIN_SPEED} to ${MAX_SPEED}`;

/** Parses `2`, `0.1` or `max`; undefined for any other text. */
export function readSpeed(text: string): number | undefined {
  if (text === "max") return Number.POSITIVE_INFINITY;
  const speed = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  return speed >= MIN_SPEED && speed <= MAX_SPEED ? speed : undefined;
}
