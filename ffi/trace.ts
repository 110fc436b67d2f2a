/**
 * Call tracing: TENSORPOOL_TRACE_FFI=1 prints every native call to stderr with its arguments and result;
 * a comma-separated list of prefixes (`aeron_driver,mmap`) restricts it to functions with these prefixes.
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

/** Returns the symbols unchanged or, if tracing is on, wrappers that print each call. */
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
