/** The characters for drawing. */
export interface Glyphs {
  readonly full: string;
  readonly empty: string;
  readonly line: string;
  readonly rest: string;
  readonly dot: string;
}

const UNICODE: Glyphs = { full: "█", empty: "░", line: "━", rest: "─", dot: "·" };
const ASCII: Glyphs = { full: "#", empty: ".", line: "=", rest: "-", dot: "-" };

/** Uses ASCII only if the locale says that the terminal does not support more. */
export function glyphsFor(env: Readonly<Record<string, string | undefined>> = process.env): Glyphs {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((value) => value !== undefined && value !== "");
  return locale === undefined || /utf-?8/i.test(locale) ? UNICODE : ASCII;
}

/** A bar of `wanted` characters, at least one, as two parts for separate colours: the filled part and the rest. */
export function bar(share: number, wanted: number, full: string, empty: string): readonly [string, string] {
  const width = Math.max(1, wanted);
  const clamped = Math.min(1, Math.max(0, share));
  // The bar is empty only at exactly 0 and full only at exactly 1.
  const filled =
    clamped === 1 ? width : Math.min(width - 1, Math.max(clamped > 0 ? 1 : 0, Math.round(clamped * width)));
  return [full.repeat(filled), empty.repeat(width - filled)];
}
