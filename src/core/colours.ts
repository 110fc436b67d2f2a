type Paint = (text: string) => string;

/** The colours that messages and tables use; each returns its text unchanged where colours are not wanted. */
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
 * Loaded only where colours are wanted: kleur looks at `process.stdout`, and Bun makes standard output non-blocking at that,
 * for every process that shares it.
 */
function colouredPalette(): Palette {
  const kleur: typeof import("kleur/colors") = require("kleur/colors");
  // kleur has one switch for the whole process, set by looking at stdout; stdout and stderr are two questions here.
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

/** Whether to colour what goes to this stream: on a terminal only, and not when NO_COLOR is set or the terminal is dumb. */
export function allowsColour(
  stream: { readonly isTTY?: boolean | undefined },
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  if ((env.NO_COLOR ?? "") !== "" || env.TERM === "dumb") return false;
  const forced = env.FORCE_COLOR;
  if (forced !== undefined && forced !== "") return forced !== "0";
  return stream.isTTY === true;
}
