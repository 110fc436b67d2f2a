// Generated from schemas/control-900.xml (id 900, version 1): change that, then run `npm run generate`.
import type { MessageInfo, StructureInfo } from "../../runtime/info.ts";
import { CONSUMER_CONFIG_INFO } from "./consumer-config.ts";
import { CONSUMER_HELLO_INFO } from "./consumer-hello.ts";
import { CONTROL_RESPONSE_INFO } from "./control-response.ts";
import { DATA_SOURCE_ANNOUNCE_INFO } from "./data-source-announce.ts";
import { DATA_SOURCE_META_INFO } from "./data-source-meta.ts";
import { FRAME_DESCRIPTOR_INFO } from "./frame-descriptor.ts";
import { FRAME_PROGRESS_INFO } from "./frame-progress.ts";
import { HEARTBEAT_INFO } from "./heartbeat.ts";
import { QOS_CONSUMER_INFO } from "./qos-consumer.ts";
import { QOS_PRODUCER_INFO } from "./qos-producer.ts";
import { SHM_POOL_ANNOUNCE_INFO } from "./shm-pool-announce.ts";
import { SHM_REGION_SUPERBLOCK_INFO } from "./shm-region-superblock.ts";
import { TENSOR_SLOT_HEADER256_INFO } from "./tensor-slot-header256.ts";

export * from "./consumer-config.ts";
export * from "./consumer-hello.ts";
export * from "./control-response.ts";
export * from "./data-source-announce.ts";
export * from "./data-source-meta.ts";
export * from "./enums.ts";
export * from "./frame-descriptor.ts";
export * from "./frame-progress.ts";
export * from "./heartbeat.ts";
export * from "./qos-consumer.ts";
export * from "./qos-producer.ts";
export * from "./shm-pool-announce.ts";
export * from "./shm-region-superblock.ts";
export * from "./tensor-slot-header256.ts";

/** All messages and structures of schema 900. */
export const CONTROL_MESSAGES: readonly (MessageInfo | StructureInfo)[] = [
  SHM_POOL_ANNOUNCE_INFO,
  CONSUMER_HELLO_INFO,
  CONSUMER_CONFIG_INFO,
  FRAME_DESCRIPTOR_INFO,
  QOS_CONSUMER_INFO,
  QOS_PRODUCER_INFO,
  DATA_SOURCE_ANNOUNCE_INFO,
  DATA_SOURCE_META_INFO,
  CONTROL_RESPONSE_INFO,
  HEARTBEAT_INFO,
  FRAME_PROGRESS_INFO,
  SHM_REGION_SUPERBLOCK_INFO,
  TENSOR_SLOT_HEADER256_INFO,
];
