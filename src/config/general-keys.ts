import { aeronChannel, aeronStreamId, folderName, groupId, slots, streamId } from "./domain-types.ts";
import { idRanges } from "./id-ranges.ts";
import { poolList } from "./pool-list.ts";
import {
  choice,
  durationIn,
  integer,
  list,
  path,
  permissions,
  text,
  toggle,
  token,
  type ValueType,
} from "./value-type.ts";

/** A setting of section 6 of the driver specification. */
export interface GeneralKey<T> {
  readonly type: ValueType<T>;
  readonly help: string;
  /** The default as text. */
  readonly defaultText: string;
  /** The default as a TOML literal; null if there is none, or if it follows from other settings. */
  readonly default: string | null;
  /** Not shown. */
  readonly isSecret?: boolean;
}

/** The default of a key that must be set. */
export const REQUIRED = "required";
const DAY_MS = 86_400_000;

function key<T>(type: ValueType<T>, literal: string, help: string): GeneralKey<T> {
  return { type, help, default: literal, defaultText: literal };
}

/** A key without a default, or with one that follows from other settings. */
function open<T>(type: ValueType<T>, defaultText: string, help: string): GeneralKey<T> {
  return { type, help, default: null, defaultText };
}

/** The keys that a file has once. */
export const GENERAL_KEYS = {
  "driver.instance_id": key(text(), '"driver-01"', "name of the driver in logs and files"),
  "driver.aeron_dir": open(path("/dev/shm/aeron"), "AERON_DIR or /dev/shm/aeron-<user>", "folder of the media driver"),
  "driver.media_driver": key(
    choice("embedded", "external"),
    '"embedded"',
    "whether the driver runs the media driver: in its process unless one lives already, or never",
  ),
  "driver.threading": key(
    choice("shared", "dedicated", "invoker"),
    '"shared"',
    "threads of the embedded media driver: one, three, or the driver's own duty cycle",
  ),
  "driver.control_channel": key(aeronChannel(), '"aeron:ipc"', "Aeron channel of attach, leases and hellos"),
  "driver.control_stream_id": key(aeronStreamId(1000), "1000", "Aeron stream of attach, leases and hellos"),
  "driver.announce_channel": open(aeronChannel(), "driver.control_channel", "Aeron channel of announces"),
  "driver.announce_stream_id": open(aeronStreamId(1000), "driver.control_stream_id", "Aeron stream of announces"),
  "driver.qos_channel": key(aeronChannel(), '"aeron:ipc"', "Aeron channel of QoS"),
  "driver.qos_stream_id": key(aeronStreamId(1200), "1200", "Aeron stream of QoS"),
  "driver.stream_id_range": open(idRanges(), "none", "stream ids that dynamic streams may have"),
  "shm.base_dir": open(path(), "/dev/shm/tensorpool-<user>", "folder of the regions"),
  "shm.namespace": key(folderName("default"), '"default"', "folder under shm.base_dir"),
  "shm.allowed_base_dirs": open(list(path(), "folder"), "[shm.base_dir]", "folders below which regions may be mapped"),
  "shm.require_hugepages": key(toggle(), "false", "refuse a folder that is not on hugetlbfs"),
  "shm.permissions_mode": key(
    permissions(),
    '"660"',
    "rights of the regions' files: 600 for the user alone, 660 for the group as well",
  ),
  "shm.group": open(groupId(), "none", "group id that owns regions and Aeron folder, with mode 660"),
  "shm.numa_node": open(integer(0, 1023), "none", "NUMA node whose memory the regions take"),
  "policies.allow_dynamic_streams": key(toggle(), "false", "make streams of driver.stream_id_range when asked"),
  "policies.default_profile": open(
    text("a name of [profiles]", "camera"),
    "the first profile",
    "profile of streams that name none",
  ),
  "policies.announce_period_ms": key(durationIn("ms", 1, DAY_MS), "1000", "period of announces"),
  "policies.lease_keepalive_interval_ms": key(durationIn("ms", 1, DAY_MS), "1000", "period of keepalives"),
  "policies.lease_expiry_grace_intervals": key(integer(1, 1000), "3", "missed keepalives that end a lease"),
  "policies.prefault_shm": key(toggle(), "true", "make all pages present when regions are made"),
  "policies.mlock_shm": key(toggle(), "false", "lock the regions in memory; a failure is fatal"),
  "policies.epoch_gc_enabled": key(toggle(), "true", "sweep folders of ended epochs"),
  "policies.epoch_gc_keep": key(integer(0, 1_000_000), "2", "ended epochs that are kept"),
  "policies.epoch_gc_min_age_ns": open(
    durationIn("ns", 0, Number.MAX_SAFE_INTEGER),
    "3 announce periods",
    "age from which ended epochs are swept",
  ),
  "policies.epoch_gc_on_startup": key(toggle(), "false", "sweep at start as well"),
  "policies.shutdown_timeout_ms": key(durationIn("ms", 0, DAY_MS), "2000", "longest wait for an orderly end"),
  "policies.shutdown_token": {
    ...open(token(), "empty: off", "token of administrative requests"),
    isSecret: true,
  },
} as const satisfies Readonly<Record<string, GeneralKey<unknown>>>;

export type GeneralKeyName = keyof typeof GENERAL_KEYS;
/** Type of a key's value. */
export type GeneralValue<K extends GeneralKeyName> = (typeof GENERAL_KEYS)[K] extends GeneralKey<infer T> ? T : never;

export const GENERAL_KEY_NAMES = Object.keys(GENERAL_KEYS) as GeneralKeyName[];

/** The keys of each `[profiles.NAME]`. */
export const PROFILE_KEYS = {
  header_nslots: key(slots(1024), "1024", "slots of the ring, a power of two"),
  payload_pools: open(poolList(), REQUIRED, "pools; strides are powers of two from 4096"),
} as const satisfies Readonly<Record<string, GeneralKey<unknown>>>;

/** The keys of each `[streams.NAME]`. */
export const STREAM_KEYS = {
  stream_id: open(streamId(), REQUIRED, "stream id, each one once"),
  profile: open(text("a name of [profiles]", "camera"), "policies.default_profile", "profile of its regions"),
  descriptor_stream_id: key(aeronStreamId(1100), "1100", "Aeron stream of its frame descriptors"),
} as const satisfies Readonly<Record<string, GeneralKey<unknown>>>;

/** Tables whose entries have names that the user chooses, and the keys of an entry. */
export const NAMED_TABLES: Readonly<Record<"profiles" | "streams", Readonly<Record<string, GeneralKey<unknown>>>>> = {
  profiles: PROFILE_KEYS,
  streams: STREAM_KEYS,
};
export type NamedTable = keyof typeof NAMED_TABLES;

/** A name that can be part of a path, a variable and a log line. */
export const ENTRY_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
