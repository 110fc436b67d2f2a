import { describe, expect, test } from "bun:test";
import { streamIdOf } from "../../src/cli/observe/find-stream.ts";
import { GENERAL_KEYS, STREAM_KEYS } from "../../src/config/general-keys.ts";
import { idRanges } from "../../src/config/id-ranges.ts";
import { streamReference } from "../../src/config/stream-reference.ts";
import { TensorPool } from "../../src/library/tensor-pool.ts";
import { isId, MAX_ID } from "../../src/protocol/ids.ts";
import { planFiles } from "../../src/shm/region-plan.ts";
import { TemporaryDirectory } from "../support/shm.ts";

const NULL_ID = 4_294_967_295;

describe("the largest id", () => {
  test("is the one before the null value of the wire", () => {
    expect([0, 1, MAX_ID, NULL_ID, 1.5, Number.NaN].map(isId)).toEqual([false, true, true, false, false, false]);
  });

  test("is the limit of stream ids, whatever they come in by", () => {
    const pools = [{ poolId: 1, strideBytes: 4096 }];
    const takers: readonly ((id: number) => unknown)[] = [
      (id) => streamReference().parse(String(id)),
      (id) => streamReference().read(BigInt(id)),
      (id) => idRanges().parse(`[1, ${id}]`),
      (id) => STREAM_KEYS.stream_id.type.read(BigInt(id)),
      (id) => GENERAL_KEYS["driver.stream_id_range"].type.parse(`[[${id}, ${id}]]`),
      (id) => planFiles({ streamId: id, nslots: 8, pools } as unknown as Parameters<typeof planFiles>[0]),
    ];
    for (const take of takers) {
      expect(() => take(MAX_ID)).not.toThrow();
      expect(() => take(NULL_ID)).toThrow(String(MAX_ID));
    }
    expect([streamIdOf(String(MAX_ID)), streamIdOf(String(NULL_ID))]).toEqual([MAX_ID, null]);
  });

  test("is the limit of the library", async () => {
    using directory = new TemporaryDirectory();
    await using pool = await TensorPool.connect({ aeronDir: directory.at("aeron"), shmDir: directory.at("regions") });
    const options = { stream: NULL_ID, standalone: { slots: 8, strideBytes: 4096 } };
    await expect(pool.addProducer(options)).rejects.toThrow(
      "expected a stream id from 1 to 4294967294, found 4294967295",
    );
  });
});
