import { describe, expect, test } from "bun:test";
import { MESSAGES } from "../../src/sbe/index.ts";
import { type BlockInfo, INTEGERS } from "../../src/sbe/runtime/info.ts";

/**
 * The messages as the specification writes them (wire 1.1, sections 2 and 7; driver 1.0, section 5): `name id [block length]: field
 * type (id)`, `?` for optional. Types are those of the wire, so enums are `Name:u8`.
 */
const SPECIFICATION: readonly string[] = [
  "900 ShmPoolAnnounce 1 [27]: streamId u32 (1), producerId u32 (2), epoch u64 (3), layoutVersion u32 (4), headerNslots u32 (5), headerSlotBytes u16 (6), maxDims u8 (7); group payloadPools (9) [10]: poolId u16 (1), poolNslots u32 (2), strideBytes u32 (3); ascii regionUri (4); ascii headerRegionUri (8)",
  "900 ConsumerHello 2 [29]: streamId u32 (1), consumerId u32 (2), supportsShm Bool:u8 (3), supportsProgress Bool:u8 (4), mode Mode:u8 (5), maxRateHz u16 (6), expectedLayoutVersion u32 (7), progressIntervalUs u32? (8), progressBytesDelta u32? (9), progressRowsDelta u32? (10)",
  "900 ConsumerConfig 3 [12]: streamId u32 (1), consumerId u32 (2), useShm Bool:u8 (3), mode Mode:u8 (4), decimation u16 (5); ascii payloadFallbackUri (6)",
  "900 FrameDescriptor 4 [36]: streamId u32 (1), epoch u64 (2), seq u64 (3), headerIndex u32 (4), timestampNs u64? (5), metaVersion u32? (6)",
  "900 QosConsumer 5 [41]: streamId u32 (1), consumerId u32 (2), epoch u64 (3), lastSeqSeen u64 (4), dropsGap u64 (5), dropsLate u64 (6), mode Mode:u8 (7)",
  "900 QosProducer 6 [28]: streamId u32 (1), producerId u32 (2), epoch u64 (3), currentSeq u64 (4), watermark u32? (5)",
  "900 DataSourceAnnounce 7 [20]: streamId u32 (1), producerId u32 (2), epoch u64 (3), metaVersion u32 (4); ascii name (5), ascii summary (6)",
  "900 DataSourceMeta 8 [16]: streamId u32 (1), metaVersion u32 (2), timestampNs u64 (3); group attributes (4) [0]: ascii key (1), ascii format (2), bytes value (3)",
  "900 ControlResponse 9 [12]: correlationId i64 (1), code ResponseCode:i32 (2); ascii errorMessage (3)",
  "900 Heartbeat 10 [24]: streamId u32 (1), producerId u32 (2), epoch u64 (3), timestampNs u64 (4)",
  "900 FrameProgress 11 [37]: streamId u32 (1), epoch u64 (2), frameId u64 (3), headerIndex u32 (4), payloadBytesFilled u64 (5), state FrameProgressState:u8 (6), rowsFilled u32? (7)",
  "900 ShmRegionSuperblock 50 [64]: magic u64 (1), layoutVersion u32 (2), epoch u64 (3), streamId u32 (4), regionType RegionType:i16 (5), poolId u16 (6), nslots u32 (7), slotBytes u32 (8), strideBytes u32 (9), pid u64 (10), startTimestampNs u64 (11), activityTimestampNs u64 (12)",
  "900 TensorSlotHeader256 51 [256]: commitWord u64 (1), frameId u64 (2), timestampNs u64 (3), metaVersion u32 (4), valuesLenBytes u32 (5), payloadSlot u32 (6), payloadOffset u32 (7), poolId u16 (8), dtype Dtype:i16 (9), majorOrder MajorOrder:i16 (10), ndims u8 (11), padAlign u8 (12), dims i32[8] (13), strides i32[8] (14), padding u8[144] (15)",
  "901 ShmAttachRequest 1 [24]: correlationId i64 (1), streamId u32 (2), clientId u32 (3), role Role:u8 (4), expectedLayoutVersion u32 (5), maxDims u8 (6), publishMode PublishMode:u8? (7), requireHugepages Bool:u8? (8)",
  "901 ShmAttachResponse 2 [51]: correlationId i64 (1), code ResponseCode:i32 (2), leaseId u64? (3), leaseExpiryTimestampNs u64? (4), streamId u32? (5), epoch u64? (6), layoutVersion u32? (7), headerNslots u32? (8), headerSlotBytes u16? (9), maxDims u8? (10); group payloadPools (20) [10]: poolId u16 (1), poolNslots u32 (2), strideBytes u32 (3); ascii regionUri (4); ascii headerRegionUri (11), ascii errorMessage (30)",
  "901 ShmDetachRequest 3 [25]: correlationId i64 (1), leaseId u64 (2), streamId u32 (3), clientId u32 (4), role Role:u8 (5)",
  "901 ShmDetachResponse 4 [12]: correlationId i64 (1), code ResponseCode:i32 (2); ascii errorMessage (3)",
  "901 ShmLeaseKeepalive 5 [25]: leaseId u64 (1), streamId u32 (2), clientId u32 (3), role Role:u8 (4), clientTimestampNs u64 (5)",
  "901 ShmDriverShutdown 6 [9]: timestampNs u64 (1), reason ShutdownReason:u8 (2); ascii errorMessage (3)",
  "901 ShmLeaseRevoked 7 [26]: timestampNs u64 (1), leaseId u64 (2), streamId u32 (3), clientId u32 (4), role Role:u8 (5), reason LeaseRevokeReason:u8 (6); ascii errorMessage (7)",
  "901 ShmDriverShutdownRequest 8 [9]: correlationId i64 (1), reason ShutdownReason:u8 (2); ascii token (3), ascii errorMessage (4)",
  "901 ShmLeaseRevokeRequest 9 [16]: correlationId i64 (1), leaseId u64 (2); ascii token (3)",
];

const ENUMS: Readonly<Record<string, string>> = {
  "900 Bool": "FALSE 0, TRUE 1",
  "900 Mode": "STREAM 1, LATEST 2, DECIMATED 3",
  "900 FrameProgressState": "UNKNOWN 0, STARTED 1, PROGRESS 2, COMPLETE 3",
  "900 ResponseCode": "OK 0, UNSUPPORTED 1, INVALID_PARAMS 2, REJECTED 3, INTERNAL_ERROR 4",
  "900 RegionType": "HEADER_RING 1, PAYLOAD_POOL 2",
  "900 Dtype":
    "UNKNOWN 0, UINT8 1, INT8 2, UINT16 3, INT16 4, UINT32 5, INT32 6, UINT64 7, INT64 8, FLOAT32 9, FLOAT64 10, BOOLEAN 11, BYTES 13, BIT 14",
  "900 MajorOrder": "UNKNOWN 0, ROW 1, COLUMN 2",
  "901 Bool": "FALSE 0, TRUE 1",
  "901 ResponseCode": "OK 0, UNSUPPORTED 1, INVALID_PARAMS 2, REJECTED 3, INTERNAL_ERROR 4",
  "901 Role": "PRODUCER 1, CONSUMER 2",
  "901 PublishMode": "REQUIRE_EXISTING 1, EXISTING_OR_CREATE 2",
  "901 LeaseRevokeReason": "DETACHED 1, EXPIRED 2, REVOKED 3",
  "901 ShutdownReason": "NORMAL 0, ADMIN 1, ERROR 2",
};

describe("the schemas are the specification", () => {
  test("ids, types, order and block lengths of every message", () => {
    const written = MESSAGES.map((info) => `${info.schemaId} ${info.name} ${info.templateId} ${describeBlock(info)}`);
    expect(written).toEqual([...SPECIFICATION]);
  });

  test("fields follow each other without gaps, and end where the block does", () => {
    for (const info of MESSAGES) {
      for (const block of [info, ...info.groups]) {
        let end = 0;
        for (const field of block.fields) {
          expect([info.name, field.name, field.offset]).toEqual([info.name, field.name, end]);
          end += INTEGERS[field.type].bytes * field.length;
        }
        expect([info.name, end]).toEqual([info.name, block.blockLength]);
      }
    }
  });

  test("enums and their codes", () => {
    const found: Record<string, string> = {};
    for (const info of MESSAGES) {
      for (const { codes } of info.fields) {
        if (codes === null) continue;
        const values = Object.entries(codes.codes).map(([name, code]) => `${name} ${code}`);
        found[`${info.schemaId} ${codes.name}`] = values.join(", ");
      }
    }
    expect(found).toEqual({ ...ENUMS });
  });

  test("W-35: null is the largest value of an optional field's type", () => {
    for (const { fields } of MESSAGES) {
      for (const { optional, nullValue, type } of fields) {
        expect(nullValue).toBe(optional ? String(INTEGERS[type].max) : "");
      }
    }
  });
});

function describeBlock(block: BlockInfo): string {
  const fields = block.fields.map(({ name, type, codes, optional, id, length }) => {
    const short = type.replace("uint", "u").replace("int", "i");
    const array = length === 1 ? "" : `[${length}]`;
    return `${name} ${codes === null ? "" : `${codes.name}:`}${short}${array}${optional ? "?" : ""} (${id})`;
  });
  const groups = block.groups.map((group) => `group ${group.name} (${group.id}) ${describeBlock(group)}`);
  const data = block.data.map(({ name, id, ascii }) => `${ascii ? "ascii" : "bytes"} ${name} (${id})`);
  const parts = [fields.join(", "), ...groups, data.join(", ")].filter((part) => part !== "");
  return `[${block.blockLength}]: ${parts.join("; ")}`;
}
