import * as kleur from "kleur/colors";

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

/** kleur has one switch for the whole process, set by looking at stdout; stdout and stderr are two questions here. */
function always(paint: Paint): Paint {
  return (text) => {
    kleur.$.enabled = true;
    return paint(text);
  };
}

const COLOURED: Palette = {
  bold: always(kleur.bold),
  dim: always(kleur.dim),
  red: always(kleur.red),
  green: always(kleur.green),
  yellow: always(kleur.yellow),
  blue: always(kleur.blue),
  cyan: always(kleur.cyan),
};

const PLAIN: Palette = {
  bold: plain,
  dim: plain,
  red: plain,
  green: plain,
  yellow: plain,
  blue: plain,
  cyan: plain,
};

export function paletteOf(coloured: boolean): Palette {
  return coloured ? COLOURED : PLAIN;
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
