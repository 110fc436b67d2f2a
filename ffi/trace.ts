/**
 * Call tracing: with TENSORPOOL_TRACE_FFI=1 every native call goes to stderr with its arguments and its result;
 * with a comma-separated list of prefixes (`aeron_driver,mmap`) only the functions that begin so.
 */
const setting = process.env.TENSORPOOL_TRACE_FFI ?? "";

function isTraced(name: string): boolean {
  return setting === "1" || setting.split(",").some((prefix) => prefix !== "" && name.startsWith(prefix));
}

function show(value: unknown): string {
  if (typeof value === "number" && Number.isInteger(value) && value > 0xffff) return `0x${value.toString(16)}`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${value.byteLength})`;
  return String(value);
}

/** The symbols themselves, or, while tracing is on, wrappers that print each call. */
export function traced<T extends object>(symbols: T): T {
  if (setting === "" || setting === "0") return symbols;
  const wrapped: Record<string, unknown> = {};
  for (const [name, fn] of Object.entries(symbols)) {
    if (typeof fn !== "function" || !isTraced(name)) {
      wrapped[name] = fn;
      continue;
    }
    wrapped[name] = (...args: unknown[]) => {
      const result: unknown = fn(...args);
      process.stderr.write(`ffi ${name}(${args.map(show).join(", ")}) = ${show(result)}\n`);
      return result;
    };
  }
  return wrapped as T;
}
