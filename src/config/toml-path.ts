/** The path to a value in a TOML document: keys, and indices of arrays. */
export type TomlPath = readonly (string | number)[];

/** As a person would write it: `producers[0].rate`, `profiles."a b".header_nslots`. */
export function formatPath(path: TomlPath): string {
  return path
    .map((part, i) => {
      if (typeof part === "number") return `[${part}]`;
      const key = /^[A-Za-z0-9_-]+$/.test(part) ? part : JSON.stringify(part);
      return i === 0 ? key : `.${key}`;
    })
    .join("");
}
