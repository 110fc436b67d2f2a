type Paint = (text: string) => string;

/** The colours of messages and tables; each function returns its text unchanged if colours are off. */
export interface Palette {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly blue: Paint;
  readonly cyan: Paint;
}

const plain: Paint = (text) => text;

let coloured: Palette | null = null;

/**
 * Loaded only if colours are on: kleur reads `process.stdout`, and Bun then makes standard output non-blocking for every process that
 * shares it.
 */
function colouredPalette(): Palette {
  const kleur: typeof import("kleur/colors") = require("kleur/colors");
  // kleur has one switch for the whole process, derived from stdout; here stdout and stderr are decided separately.
  kleur.$.enabled = true;
  const { bold, dim, red, green, yellow, blue, cyan } = kleur;
  return { bold, dim, red, green, yellow, blue, cyan };
}

const PLAIN: Palette = {
  bold: plain,
  dim: plain,
  red: plain,
  green: plain,
  yellow: plain,
  blue: plain,
  cyan: plain,
};

export function paletteOf(isColoured: boolean): Palette {
  if (!isColoured) return PLAIN;
  coloured ??= colouredPalette();
  return coloured;
}

/** Whether output to this stream is coloured: only on a terminal, and not if NO_COLOR is set or the terminal is dumb. */
export function allowsColour(
  stream: { readonly isTTY?: boolean | undefined },
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  if ((env.NO_COLOR ?? "") !== "" || env.TERM === "dumb") return false;
  const forced = env.FORCE_COLOR;
  if (forced !== undefined && forced !== "") return forced !== "0";
  return stream.isTTY === true;
}
