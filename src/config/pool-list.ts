import { suggestion } from "../core/nearest.ts";
import { MAX_POOLS } from "../shm/announcement.ts";
import { stride } from "./domain-types.ts";
import { describeToml, isTable, type TomlValue } from "./toml-document.ts";
import { integer, readLiteral, tomlLiteral, ValueProblem, type ValueType } from "./value-type.ts";

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
    const pools: PoolSetting[] = [];
    for (const [i, entry] of value.entries()) {
      const pool = readPool(entry, i);
      const first = pools.findIndex(({ poolId }) => poolId === pool.poolId);
      if (first >= 0) throw new ValueProblem("each id once", `${pool.poolId} in [${first}] as well`, [i, "pool_id"]);
      pools.push(pool);
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

function readPool(entry: TomlValue, index: number): PoolSetting {
  if (!isTable(entry)) throw new ValueProblem("a table { pool_id, stride_bytes }", describeToml(entry), [index]);
  for (const key of Object.keys(entry)) {
    if (POOL_KEYS.includes(key)) continue;
    throw new ValueProblem(`one of ${POOL_KEYS.join(", ")}`, "another key", [index, key], suggestion(key, POOL_KEYS));
  }
  return {
    poolId: readMember(POOL_ID, entry.pool_id, index, "pool_id"),
    strideBytes: readMember(STRIDE_BYTES, entry.stride_bytes, index, "stride_bytes"),
  };
}

function readMember<T>(type: ValueType<T>, value: TomlValue | undefined, index: number, key: string): T {
  if (value === undefined) throw new ValueProblem(`${key}: ${type.expected}`, "nothing", [index]);
  try {
    return type.read(value);
  } catch (error) {
    throw error instanceof ValueProblem ? error.within(key).within(index) : error;
  }
}
