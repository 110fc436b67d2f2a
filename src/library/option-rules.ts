import { OptionError } from "../core/errors.ts";
import { IDLE_EXPECTED, parseIdleStrategy } from "../core/idle/index.ts";
import {
  isAtLeast,
  isBetween,
  isBytes,
  isChoice,
  isFlag,
  isList,
  isNumber,
  isObject,
  isPath,
  isRecord,
  isText,
  isWhole,
  optional,
  type Rule,
  type RulesOf,
  rule,
} from "../core/rules.ts";
import type { Attribute } from "../protocol/attribute.ts";
import { isId, MAX_ID } from "../protocol/ids.ts";
import type { AeronStreams } from "../protocol/stream-ids.ts";
import type { ConsumerConfig } from "../roles/producer-messages.ts";
import type { AddBridgeReceiverOptions, AddBridgeSenderOptions, AddDecimatorOptions } from "./bridge-options.ts";
import type { ConnectOptions } from "./connect-options.ts";
import type { DescribeDeploymentOptions } from "./describe-deployment.ts";
import type { AddDriverOptions, StreamLayoutOptions } from "./driver-setup.ts";
import type { CollectorOptions } from "./frame-collector.ts";
import type { AddRecorderOptions } from "./recorder-handle.ts";
import {
  type AddConsumerOptions,
  type AddProducerOptions,
  type AttachOptions,
  MAX_DECIMATION,
  type StandaloneRegionOptions,
} from "./role-options.ts";

// The options of each call, with one rule for each. Limits that depend on several options, or that the command line shares, are checked
// where they are used.

const MAX_GID = 0xffff_fffe;
const MAX_AERON_STREAM_ID = 0x7fff_ffff;
const MAX_MEMORY_BYTES = 2 ** 40;
const MIN_STAGING_BYTES = 16 * 1024 * 1024;
const MIN_SPLIT_BYTES = 1024 * 1024;
const MAX_BYTES = 2 ** 50;
const MAX_ZSTD_LEVEL = 22;
const MAX_FREE_FRACTION = 0.9;

const isStreamId: Rule = rule(`a stream id from 1 to ${MAX_ID}`, (value) => isId(value as number));
const isNamedId: Rule = rule(`an id from 1 to ${MAX_ID}`, (value) => isId(value as number));
const isName: Rule = rule(`a stream id from 1 to ${MAX_ID}, or the name of a stream`, (value) =>
  typeof value === "string" ? value !== "" : isId(value as number),
);
/** A wrong id gets another message than a value that is neither an id nor a name. */
const isStream: Rule = (name, value) => (typeof value === "number" ? isStreamId : isName)(name, value);
const isFlow = isChoice("drop", "wait");
const isIdle: Rule = rule(IDLE_EXPECTED, (value) => {
  try {
    return typeof value === "string" && parseIdleStrategy(value) === value;
  } catch {
    return false;
  }
});

const isAttribute = isObject<Attribute>({ key: isText, format: isText, value: isBytes });
export const isAttributeList: Rule = isList("attributes (textAttribute makes one)", isAttribute);

const STREAMS: RulesOf<AeronStreams> = {
  channel: optional(isText),
  controlStreamId: optional(isWhole(1, MAX_AERON_STREAM_ID)),
  descriptorStreamId: optional(isWhole(1, MAX_AERON_STREAM_ID)),
  qosStreamId: optional(isWhole(1, MAX_AERON_STREAM_ID)),
  metadataStreamId: optional(isWhole(1, MAX_AERON_STREAM_ID)),
  announceStreamId: optional(isWhole(1, MAX_AERON_STREAM_ID)),
};

export const CONNECT: RulesOf<ConnectOptions> = {
  aeronDir: optional(isPath),
  shmDir: optional(isPath),
  drive: optional(isChoice("timer", "busy", "manual")),
  idle: optional(isIdle),
  mediaDriver: optional(isChoice("auto", "embedded", "external")),
  streams: optional(isObject(STREAMS)),
  timeoutMs: optional(isAtLeast(0)),
};

const ATTACH: RulesOf<AttachOptions> = {
  stream: isStream,
  clientId: optional(isNamedId),
  attachTimeoutMs: optional(isAtLeast(0)),
};

const isStride: Rule = (name, value) =>
  Array.isArray(value) ? isList("slot sizes in bytes", isNumber, 1)(name, value) : isSize(name, value);
const isSize: Rule = rule("a slot size in bytes, or a list of them", (value) => typeof value === "number");

const LAYOUT: RulesOf<StreamLayoutOptions> = { slots: isNumber, strideBytes: isStride };
const ANY_LAYOUT: RulesOf<StreamLayoutOptions> = { slots: optional(isNumber), strideBytes: optional(isStride) };

const REGIONS: RulesOf<StandaloneRegionOptions> = {
  namespace: optional(isText),
  share: optional(isChoice("private", "group")),
  gid: optional(isWhole(0, MAX_GID)),
  requireHugepages: optional(isFlag),
  prefault: optional(isFlag),
};

export const DESCRIBE_DEPLOYMENT: RulesOf<DescribeDeploymentOptions> = {
  aeronDir: optional(isPath),
  rates: optional(isFlag),
};

export const ADD_PRODUCER: RulesOf<AddProducerOptions> = {
  ...ATTACH,
  name: optional(isText),
  summary: optional(isText),
  standalone: optional(isObject({ ...LAYOUT, ...REGIONS })),
  flow: optional(isFlow),
  waitTimeoutMs: optional(isAtLeast(0)),
  attributes: optional(isAttributeList),
};

export const ADD_CONSUMER: RulesOf<AddConsumerOptions> = {
  ...ATTACH,
  standalone: optional(isFlag),
  mode: optional(isChoice("stream", "latest", "decimated")),
  decimation: optional(isWhole(1, MAX_DECIMATION)),
  maxRateHz: optional(isAtLeast(0)),
  maxOutstandingSeqGap: optional(isAtLeast(0)),
  usesShm: optional(isFlag),
  fallback: optional(isText),
  bridges: optional(isRecord("addresses by the ids of bridges", isText)),
  peers: optional(isList("addresses", isText)),
};

export const ADD_DRIVER: RulesOf<AddDriverOptions> = {
  streams: isList("streams", isObject({ ...LAYOUT, stream: isStreamId, name: optional(isText) })),
  dynamic: optional(isObject({ ...LAYOUT, first: isStreamId, last: isStreamId })),
  instanceId: optional(isText),
  token: optional(isText),
  ...REGIONS,
};

const CARRY = {
  standalone: optional(isObject({ ...ANY_LAYOUT, ...REGIONS })),
  flow: optional(isFlow),
  waitTimeoutMs: optional(isAtLeast(0)),
  name: optional(isText),
  summary: optional(isText),
};

export const ADD_BRIDGE_SENDER: RulesOf<AddBridgeSenderOptions> = {
  ...ATTACH,
  standalone: optional(isFlag),
  to: isText,
  mode: optional(isChoice("latest", "lossless")),
  decimation: optional(isWhole(1, MAX_DECIMATION)),
  maxRateHz: optional(isAtLeast(0)),
  checksum: optional(isFlag),
};

export const ADD_BRIDGE_RECEIVER: RulesOf<AddBridgeReceiverOptions> = {
  ...CARRY,
  from: isText,
  routes: optional(isList("routes", isObject({ stream: isStreamId, to: isStreamId }))),
  peers: optional(isList("addresses", isText)),
  maxMemoryBytes: optional(isWhole(1, MAX_MEMORY_BYTES)),
};

export const ADD_DECIMATOR: RulesOf<AddDecimatorOptions> = {
  ...ATTACH,
  ...CARRY,
  to: isStreamId,
  every: optional(isWhole(1, MAX_DECIMATION)),
  rateHz: optional(isAtLeast(0)),
  latest: optional(isFlag),
};

const isFree = isObject<{ readonly bytes?: number; readonly fraction?: number }>({
  bytes: optional(isWhole(0, MAX_BYTES)),
  fraction: optional(isBetween(0, MAX_FREE_FRACTION)),
});
const isMinFree: Rule = (name, value) => {
  isFree(name, value);
  const { bytes, fraction } = value as { readonly bytes?: number; readonly fraction?: number };
  if ((bytes === undefined) !== (fraction === undefined)) return;
  const found = bytes === undefined ? "neither" : "both";
  throw new OptionError(name, `expected either bytes or fraction, found ${found}`, { found });
};

export const ADD_RECORDER: RulesOf<AddRecorderOptions> = {
  streams: isList("stream ids or names", isStream, 1),
  to: isPath,
  attachTimeoutMs: optional(isAtLeast(0)),
  standalone: optional(isFlag),
  flight: optional(isObject({ beforeMs: isAtLeast(0), afterMs: optional(isAtLeast(0)), onLoss: optional(isFlag) })),
  count: optional(isWhole(1, Number.MAX_SAFE_INTEGER)),
  once: optional(isFlag),
  splitBytes: optional(isWhole(MIN_SPLIT_BYTES, MAX_BYTES)),
  splitMs: optional(isAtLeast(1)),
  keepBytes: optional(isWhole(0, MAX_BYTES)),
  minFree: optional(isMinFree),
  bufferBytes: optional(isWhole(MIN_STAGING_BYTES, MAX_BYTES)),
  pageCacheBytes: optional(isWhole(MIN_STAGING_BYTES, MAX_BYTES)),
  zstdLevel: optional(isWhole(1, MAX_ZSTD_LEVEL)),
};

export const FRAMES: RulesOf<CollectorOptions & { readonly signal?: AbortSignal }> = {
  policy: optional(isChoice("latest", "stream")),
  depth: optional(isWhole(1, Number.MAX_SAFE_INTEGER)),
  signal: optional(rule("an AbortSignal", (value) => value instanceof AbortSignal)),
};

export const CONSUMER_CONFIG: RulesOf<ConsumerConfig> = {
  consumerId: isNamedId,
  mode: isChoice("stream", "latest", "decimated"),
  decimation: optional(isWhole(1, MAX_DECIMATION)),
  useShm: optional(isFlag),
  fallback: optional(isText),
};

/** An agent of the caller: the methods that the scheduler calls. */
export const isAgent: Rule = rule(
  "an agent: an object with a function doWork",
  (value) =>
    typeof value === "object" && value !== null && typeof (value as { doWork?: unknown }).doWork === "function",
);
