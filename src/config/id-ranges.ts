import { isId, MAX_ID } from "../protocol/ids.ts";
import { streamId } from "./domain-types.ts";
import { describeToml, type TomlValue } from "./toml-document.ts";
import { readParts, ValueProblem } from "./value-problem.ts";
import { readLiteral, scalar, tomlLiteral, type ValueType } from "./value-type.ts";

/** Stream ids from `first` to `last`, inclusive. */
export interface IdRange {
  readonly first: number;
  readonly last: number;
}

const ID = streamId();

/** `FIRST-LAST`. */
export function idRange(): ValueType<IdRange> {
  const convert = (value: string): IdRange | undefined => {
    const match = /^(\d{1,10})-(\d{1,10})$/.exec(value);
    const [first, last] = [Number(match?.[1]), Number(match?.[2])];
    return isId(first) && isId(last) && first <= last ? { first, last } : undefined;
  };
  const expected = `FIRST-LAST, two stream ids from 1 to ${MAX_ID}`;
  const format = ({ first, last }: IdRange): string => `${first}-${last}`;
  return scalar(expected, '"20000-29999"', ["string"], convert, { format });
}

/** `[first, last]`, or an array of such pairs that do not overlap. */
export function idRanges(): ValueType<readonly IdRange[]> {
  const expected = "a range of stream ids [first, last], or an array of them";
  const read = (value: TomlValue): readonly IdRange[] => {
    if (!Array.isArray(value) || value.length === 0) throw new ValueProblem(expected, describeToml(value));
    const isOne = value.every((entry) => !Array.isArray(entry));
    const ranges = isOne ? [readRange(value, [])] : readParts(value.map((entry, i) => () => readRange(entry, [i])));
    for (const [i, range] of ranges.entries()) {
      const other = ranges.findIndex((each, k) => k < i && each.first <= range.last && range.first <= each.last);
      if (other < 0) continue;
      const found = `${describeRange(range)}, which overlaps ${describeRange(ranges[other] as IdRange)}`;
      throw new ValueProblem("ranges that do not overlap", found, [i]);
    }
    return ranges;
  };
  const write = (ranges: readonly IdRange[]) => ranges.map(({ first, last }) => [first, last]);
  return {
    expected,
    example: "[20000, 29999]",
    read,
    parse: (text) => readLiteral(text, expected, read),
    format: (ranges) => tomlLiteral(write(ranges)),
    write,
  };
}

function readRange(value: TomlValue, path: readonly number[]): IdRange {
  const expected = "[first, last], stream ids with first <= last";
  if (!Array.isArray(value) || value.length !== 2) {
    const found = Array.isArray(value) ? `${value.length} elements` : describeToml(value);
    throw new ValueProblem(expected, found, path);
  }
  const [first, last] = value.map((entry, i) => readId(entry, [...path, i])) as [number, number];
  if (first > last) throw new ValueProblem(expected, describeRange({ first, last }), path);
  return { first, last };
}

function readId(value: TomlValue, path: readonly number[]): number {
  try {
    return ID.read(value);
  } catch (error) {
    if (!(error instanceof ValueProblem)) throw error;
    throw new ValueProblem(ID.expected, error.found ?? "", path);
  }
}

function describeRange({ first, last }: IdRange): string {
  return `[${first}, ${last}]`;
}
