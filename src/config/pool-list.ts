import { nearest, suggestion } from "../core/nearest.ts";
import { quoted } from "../core/text.ts";
import { MAX_POOLS } from "../shm/announcement.ts";
import { stride } from "./domain-types.ts";
import { describeToml, isTable, type TomlValue } from "./toml-document.ts";
import { readParts, ValueProblem, within } from "./value-problem.ts";
import { integer, readLiteral, tomlLiteral, type ValueType } from "./value-type.ts";

/** A payload pool of a profile. */
export interface PoolSetting {
  readonly poolId: number;
  readonly strideBytes: number;
}

const POOL_KEYS: readonly string[] = ["pool_id", "stride_bytes"];
const POOL_ID = integer(0, 0xffff);
const STRIDE_BYTES = stride();

/** `[{ pool_id = 1, stride_bytes = "64KiB" }]`: at least one pool, each id once (W-05). */
export function poolList(): ValueType<readonly PoolSetting[]> {
  const expected = "an array of at least one { pool_id, stride_bytes }";
  const read = (value: TomlValue): readonly PoolSetting[] => {
    if (!Array.isArray(value)) throw new ValueProblem(expected, describeToml(value));
    if (value.length === 0) throw new ValueProblem(expected, "no pool");
    if (value.length > MAX_POOLS) throw new ValueProblem(`at most ${MAX_POOLS} pools`, String(value.length));
    const pools = readParts(value.map((entry, i) => () => within(i, () => readPool(entry))));
    for (const [i, { poolId }] of pools.entries()) {
      const first = pools.findIndex((pool) => pool.poolId === poolId);
      if (first < i) throw new ValueProblem("each id once", `${poolId} in [${first}] as well`, [i, "pool_id"]);
    }
    return pools;
  };
  const write = (pools: readonly PoolSetting[]) =>
    pools.map(({ poolId, strideBytes }) => ({ pool_id: poolId, stride_bytes: strideBytes }));
  return {
    expected,
    example: '[{ pool_id = 1, stride_bytes = "1MiB" }]',
    read,
    parse: (text) => readLiteral(text, expected, read),
    format: (pools) => tomlLiteral(write(pools)),
    write,
  };
}

function readPool(entry: TomlValue): PoolSetting {
  if (!isTable(entry)) throw new ValueProblem("a table { pool_id, stride_bytes }", describeToml(entry));
  const unknown = Object.keys(entry).filter((key) => !POOL_KEYS.includes(key));
  const misspelt = unknown.map((key) => nearest(key, POOL_KEYS));
  const member = (type: ValueType<number>, key: string) => (): number => {
    const value = entry[key];
    if (value !== undefined) return within(key, () => type.read(value));
    // A misspelt key does not also count as missing.
    if (misspelt.includes(key)) return 0;
    throw new ValueProblem(`${key}: ${type.expected}`, "nothing");
  };
  const refuse = (key: string) => (): never => {
    throw new ValueProblem(`one of ${POOL_KEYS.join(", ")}`, quoted(key), [key], suggestion(key, POOL_KEYS));
  };
  const [poolId = 0, strideBytes = 0] = readParts<number>([
    member(POOL_ID, "pool_id"),
    member(STRIDE_BYTES, "stride_bytes"),
    ...unknown.map(refuse),
  ]);
  return { poolId, strideBytes };
}
