import { isDtype } from "../../protocol/dtype.ts";
import { layoutOf, layoutProblem } from "../layout.ts";
import type { Attribute, FrameLayout } from "../types.ts";
import { describe, isObject, type ModuleFaults } from "./faults.ts";

/** A definition before any checks. */
type Definition = object;

function property(definition: Definition, key: string): unknown {
  return (definition as Readonly<Record<string, unknown>>)[key];
}

/** Rejects properties whose types violate the contract. @throws SourceError, SinkError */
export function requireTypes(
  definition: Definition,
  types: Readonly<Record<string, "string" | "boolean" | "number" | "function">>,
  faults: ModuleFaults,
): void {
  for (const [key, type] of Object.entries(types)) {
    const value = property(definition, key);
    if (value !== undefined && typeof value !== type) throw faults.fault(`"${key}" to be a ${type}`, describe(value));
  }
}

/** Requires exactly one of two properties, a function. @throws SourceError, SinkError */
export function requireOneOf(definition: Definition, keys: readonly [string, string], faults: ModuleFaults): string {
  const present = keys.filter((key) => property(definition, key) !== undefined);
  const [key] = present;
  if (key === undefined || present.length > 1) {
    const found = present.length > 1 ? "both" : describe(definition);
    throw faults.fault(`a ${faults.side} with a function "${keys[0]}" or "${keys[1]}"`, found);
  }
  return key;
}

/** A number above 0, or null if omitted. @throws SourceError, SinkError */
export function positiveNumber(definition: Definition, key: string, faults: ModuleFaults): number | null {
  const value = property(definition, key);
  if (value === undefined) return null;
  if (typeof value === "number" && value > 0 && Number.isFinite(value)) return value;
  throw faults.fault(`"${key}" to be a number above 0`, describe(value));
}

/** The attributes of a source. @throws SourceError */
export function attributesOf(definition: Definition, faults: ModuleFaults): readonly Attribute[] {
  const attributes = property(definition, "attributes");
  if (attributes === undefined) return [];
  const isAttribute = (value: unknown): value is Attribute =>
    isObject(value) &&
    typeof value.key === "string" &&
    typeof value.format === "string" &&
    value.value instanceof Uint8Array;
  if (Array.isArray(attributes) && attributes.every(isAttribute)) return attributes;
  throw faults.fault('"attributes" to be a list of { key, format, value: Uint8Array }', describe(attributes));
}

/** A layout from a module. `what` begins the message, e.g. `"layout"`. @throws SourceError */
export function layoutFrom(
  {
    dtype,
    dims,
    majorOrder = "row",
  }: { readonly dtype?: unknown; readonly dims?: unknown; readonly majorOrder?: unknown },
  what: string,
  faults: ModuleFaults,
): FrameLayout {
  if (typeof dtype !== "string" || !isDtype(dtype)) {
    throw faults.fault(`${what} to have a dtype of the wire protocol`, describe(dtype));
  }
  if (!Array.isArray(dims) || !dims.every((dim): dim is number => typeof dim === "number")) {
    throw faults.fault(`${what} to have dims, a list of numbers`, describe(dims));
  }
  if (majorOrder !== "row" && majorOrder !== "column") {
    throw faults.fault(`${what} to have the majorOrder "row" or "column"`, describe(majorOrder));
  }
  const problem = layoutProblem(dtype, dims);
  if (problem !== null)
    throw faults.fault(`${what} that the wire protocol can express`, problem.replace(/^expected/, "one that needs"));
  return layoutOf(dtype, dims, majorOrder);
}
