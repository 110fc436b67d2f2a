/** A field as tools show it: u64 and i64 as decimal strings, enums by name, absent optional fields as null, bytes as base64. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonFields;

export interface JsonFields {
  readonly [name: string]: JsonValue;
}

/** A message as tools show it. */
export interface JsonMessage {
  readonly schemaId: number;
  readonly templateId: number;
  readonly version: number;
  readonly blockLength: number;
  readonly name: string;
  readonly fields: JsonFields;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
