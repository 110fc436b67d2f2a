import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { microseconds, numberOrAll } from "../../src/cli/tap/options.ts";
import { idRange, idRanges } from "../../src/config/id-ranges.ts";
import {
  attributeList,
  domainTypes,
  placementTypes,
  ruleList,
  streamReference,
  valueTypes,
} from "../../src/config/index.ts";
import { poolList } from "../../src/config/pool-list.ts";
import type { ValueType } from "../../src/config/value-type.ts";

const safe = fc.maxSafeNat();
const ids = fc.integer({ min: 1, max: 0xffff_fffe });
const doubles = fc.double({ min: 1e-9, max: 1e15, noNaN: true });
const shares = fc.double({ min: 0, max: 1, noNaN: true });
const strides = fc.integer({ min: 12, max: 31 }).map((shift) => 2 ** shift);
const words = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }).filter((word) => !/[\0\ufffd]/.test(word));
const ascii = fc.stringMatching(/^[!-~]{1,12}$/);
const keys = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,8}$/);
const range = fc.tuple(ids, ids).map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) }));
const attributes = fc.uniqueArray(
  fc.record({ key: keys, format: fc.constantFrom("text/plain", "application/json"), value: fc.string() }),
  { minLength: 1, maxLength: 4, selector: ({ key }) => key },
);
const rules = fc.array(
  fc
    .record({
      name: keys,
      streams: fc.option(fc.array(keys, { minLength: 1, maxLength: 3 })),
      consumers: fc.option(fc.array(ids, { minLength: 1, maxLength: 3 })),
      dropRatioAbove: shares,
      forNs: safe,
      mode: fc.constantFrom("latest" as const, "decimated" as const),
      decimation: fc.integer({ min: 2, max: 0xffff }),
      restoreAfterNs: safe,
    })
    // Only with decimated is it said.
    .map((rule) => (rule.mode === "latest" ? { ...rule, decimation: 2 } : rule)),
  { maxLength: 3 },
);

/** Each type with values that it has. */
const TYPES: Readonly<Record<string, [ValueType<never>, fc.Arbitrary<unknown>]>> = {
  integer: typed(valueTypes.integer(0, Number.MAX_SAFE_INTEGER), safe),
  size: typed(valueTypes.size(0, Number.MAX_SAFE_INTEGER), safe),
  duration: typed(valueTypes.duration(), safe),
  durationIn: typed(valueTypes.durationIn("ms", 0, 86_400_000), fc.integer({ min: 0, max: 86_400_000 })),
  seconds: typed(valueTypes.seconds(), safe),
  rate: typed(valueTypes.rate(), doubles),
  ratio: typed(valueTypes.ratio(), shares),
  numberFrom: typed(valueTypes.numberFrom(0, 1, 1), shares),
  text: typed(valueTypes.text(), words),
  path: typed(valueTypes.path(), words),
  paths: typed(valueTypes.list(valueTypes.path(), "folder"), fc.array(words, { minLength: 1, maxLength: 3 })),
  asciiText: typed(valueTypes.asciiText("x", 12), ascii),
  token: typed(valueTypes.token(), ascii),
  choice: typed(valueTypes.choice("a", "b"), fc.constantFrom("a", "b")),
  toggle: typed(valueTypes.toggle(), fc.boolean()),
  permissions: typed(valueTypes.permissions(), fc.constantFrom("600", "660")),
  idle: typed(valueTypes.idleStrategy(), fc.constantFrom("sleep", "backoff", "backoff:10us")),
  strides: typed(domainTypes.strides(), fc.array(strides, { minLength: 1, maxLength: 3 })),
  dims: typed(domainTypes.dims(), fc.array(fc.integer({ min: 0, max: 0x7fff_ffff }), { maxLength: 8 })),
  stream: typed(streamReference(), fc.oneof(ids, keys)),
  idRange: typed(idRange(), range),
  idRanges: typed(idRanges(), fc.tuple(range)),
  cpus: typed(
    placementTypes.cpuList(),
    fc.uniqueArray(fc.integer({ min: 0, max: 1023 }), { minLength: 1, maxLength: 5 }),
  ),
  priority: typed(placementTypes.realTimePriority(), fc.integer({ min: 1, max: 99 })),
  pools: typed(
    poolList(),
    fc.uniqueArray(fc.record({ poolId: fc.integer({ min: 0, max: 0xffff }), strideBytes: strides }), {
      minLength: 1,
      maxLength: 4,
      selector: ({ poolId }) => poolId,
    }),
  ),
  attributes: typed(attributeList(), attributes),
  rules: typed(ruleList(), rules),
  microseconds: typed(microseconds(0xffff_fffe), fc.integer({ min: 0, max: 0xffff_fffe })),
  numberOrAll: typed(numberOrAll(), fc.oneof(safe, fc.constant(Number.POSITIVE_INFINITY))),
};

function typed<T>(type: ValueType<T>, values: fc.Arbitrary<unknown>): [ValueType<never>, fc.Arbitrary<unknown>] {
  return [type as unknown as ValueType<never>, values];
}

describe("a value written as text is read as the same value", () => {
  for (const [name, [type, values]] of Object.entries(TYPES)) {
    test(name, () => {
      fc.assert(
        fc.property(values, (value) => {
          expect(type.parse(type.format(value as never)) as unknown).toEqual(value);
        }),
        { numRuns: 200 },
      );
    });
  }
});
