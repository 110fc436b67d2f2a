/** The origin of a value. */
export type Origin =
  | { readonly kind: "default" }
  /** `key` is the path within the file, e.g. `producers[0].rate`. */
  | { readonly kind: "file"; readonly file: string; readonly line: number; readonly key: string }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "flag"; readonly name: string };

export const DEFAULT_ORIGIN: Origin = { kind: "default" };

/** The value's name in error messages: `--rate`, `TENSORPOOL_PRODUCER_RATE`, `tensorpool.toml:12: producers[0].rate`. */
export function describeOrigin(origin: Origin): string {
  switch (origin.kind) {
    case "default":
      return "default";
    case "file":
      return `${origin.file}:${origin.line}: ${origin.key}`;
    case "variable":
      return origin.name;
    case "flag":
      return `--${origin.name}`;
  }
}

/** The same without the key, for a table whose rows name it: `tensorpool.toml:12`. */
export function describePlace(origin: Origin): string {
  return origin.kind === "file" ? `${origin.file}:${origin.line}` : describeOrigin(origin);
}
