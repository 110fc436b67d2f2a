import { type OptionPlace, optionError, requirePath } from "./spec.ts";

/** Parts of `kind:PATH,key=value,..`: the path ends at the first comma. */
export interface PathAndOptions {
  readonly path: string;
  /** The text after the first comma, for `parseKeyValues`; "" if there is none. */
  readonly options: string;
}

/** Splits `PATH,key=value,..`. @throws OptionError if there is no path */
export function splitPathOptions(kind: string, rest: string, place: OptionPlace, what: string): PathAndOptions {
  const comma = rest.indexOf(",");
  const path = requirePath(kind, comma < 0 ? rest : rest.slice(0, comma), place, what);
  return { path, options: comma < 0 ? "" : rest.slice(comma + 1) };
}

/** The pairs of `key=value,key=value` whose keys the caller knows. @throws OptionError */
export function parseFreeKeyValues(text: string, place: OptionPlace): Readonly<Record<string, string>> {
  const values = new Map<string, string>();
  for (const pair of text === "" ? [] : text.split(",")) {
    const equals = pair.indexOf("=");
    if (equals <= 0) throw optionError(place, `expected key=value, found "${pair}"`, { found: pair });
    const key = pair.slice(0, equals);
    if (values.has(key)) throw optionError(place, `expected each key once, found "${key}" twice`, { found: key });
    values.set(key, pair.slice(equals + 1));
  }
  return Object.fromEntries(values);
}
