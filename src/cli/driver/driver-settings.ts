import { DEFAULT_ORIGIN, type GeneralSettings, type ProfileSetting } from "../../config/index.ts";
import { OptionError, UsageError } from "../../core/errors.ts";
import { formatBytes } from "../../core/units.ts";
import type { DriverOptions, DynamicStreams, StreamPlan } from "../../roles/driver/driver-options.ts";
import { onlineNumaNodes, type PoolOptions } from "../../shm/index.ts";
import type { DriverValues } from "../specs/driver.ts";

const DEFAULT_NSLOTS = 64;
const DEFAULT_STRIDE_BYTES = 1024 * 1024;

type Layout = Pick<StreamPlan, "nslots" | "pools">;

/** The driver's settings from flags, environment and file. @throws UsageError */
export function driverSettings(
  values: DriverValues,
  general: GeneralSettings,
  shmDir: string,
): Omit<DriverOptions, "onShutdownRequested"> {
  const get = general.get.bind(general);
  const announcePeriodNs = (get("policies.announce_period_ms") as number) * 1e6;
  const dynamic = dynamicStreams(values, general);
  const streams = provisioned(values, general);
  if (streams.length === 0 && dynamic === undefined) {
    throw new UsageError(
      "no stream to serve: pass --stream ID or --dynamic FIRST-LAST, or --config FILE with [streams.NAME] (`tensorpool config init` writes one)",
    );
  }
  const { channel, controlStreamId } = values;
  requireOneChannel(general, channel);
  const gid = get("shm.group");
  const numaNode = requireNumaNode(get("shm.numa_node"));
  return {
    instanceId: values.instanceId,
    channels: {
      channel,
      controlStreamId,
      announceStreamId: values.announceStreamId ?? controlStreamId,
    },
    streams,
    ...(dynamic === undefined ? {} : { dynamic }),
    storage: {
      baseDir: shmDir,
      namespace: values.namespace,
      sharing: get("shm.permissions_mode") === "600" ? "private" : "group",
      ...(gid === null ? {} : { gid }),
      requireHugepages: get("shm.require_hugepages") as boolean,
      prefault: get("policies.prefault_shm") as boolean,
      mlock: get("policies.mlock_shm") as boolean,
      ...(numaNode === null ? {} : { numaNode }),
    },
    retention: {
      isEnabled: get("policies.epoch_gc_enabled") as boolean,
      keep: get("policies.epoch_gc_keep") as number,
      minAgeNs: get("policies.epoch_gc_min_age_ns") as number,
      atStart: get("policies.epoch_gc_on_startup") as boolean,
    },
    announcePeriodNs,
    keepaliveIntervalNs: (get("policies.lease_keepalive_interval_ms") as number) * 1e6,
    graceIntervals: get("policies.lease_expiry_grace_intervals") as number,
    shutdownTimeoutNs: (get("policies.shutdown_timeout_ms") as number) * 1e6,
    token: get("policies.shutdown_token") ?? "",
  };
}

/** Roles listen on a single channel: announces on another one would reach no role. */
function requireOneChannel(general: GeneralSettings, channel: string): void {
  for (const key of ["driver.announce_channel", "driver.qos_channel"] as const) {
    const other = general.get(key);
    if (general.origin(key) === DEFAULT_ORIGIN || other === channel) continue;
    throw new UsageError(
      `${key}: expected ${channel}, the channel on which roles listen for everything, found ${other}`,
      {
        expected: channel,
        found: String(other),
      },
    );
  }
}

function requireNumaNode(node: number | null): number | null {
  const online = onlineNumaNodes();
  if (node === null || online === null || online.includes(node)) return node;
  const expected = `a NUMA node that is there (${online.join(", ")})`;
  throw new UsageError(`shm.numa_node: expected ${expected}, found ${node}`, { expected, found: String(node) });
}

/** "stream 10000 (camera): 64 slots of 1 MiB". */
export function describePlan({ streamId, name, nslots, pools }: StreamPlan): string {
  return `stream ${streamId} (${name}): ${nslots} slots of ${pools.map((pool) => formatBytes(pool.strideBytes)).join(", ")}`;
}

function provisioned({ stream = [], ...values }: DriverValues, general: GeneralSettings): StreamPlan[] {
  const ofFile = [...general.streams.values()].map(
    ({ name, streamId, profile }): StreamPlan => ({
      streamId,
      name,
      ...layoutOfProfile(general.profiles.get(profile) as ProfileSetting),
    }),
  );
  const ofFlags = stream.map(
    (streamId): StreamPlan => ({ streamId, name: `stream-${streamId}`, ...flagLayout(values, general) }),
  );
  const all = [...ofFile, ...ofFlags];
  const twin = all.find(({ streamId }, index) => all.findIndex((other) => other.streamId === streamId) !== index);
  if (twin !== undefined) {
    throw new OptionError("stream", `expected each stream id once, found ${twin.streamId} again`, {
      found: String(twin.streamId),
    });
  }
  return all;
}

function dynamicStreams(values: DriverValues, general: GeneralSettings): DynamicStreams | undefined {
  const { dynamic } = values;
  if (dynamic !== undefined) return { ranges: [dynamic], ...flagLayout(values, general) };
  const ranges = general.get("driver.stream_id_range");
  if (general.get("policies.allow_dynamic_streams") !== true || ranges === null || ranges.length === 0)
    return undefined;
  const profile = general.profiles.get(general.get("policies.default_profile") ?? "");
  if (profile !== undefined) return { ranges, ...layoutOfProfile(profile) };
  throw new UsageError(
    "policies.allow_dynamic_streams: no profile gives the layout of these streams: add a [profiles.NAME]",
  );
}

/** The layout of streams named by flags: the default profile, overridden by flags. */
function flagLayout({ slots, pool }: Pick<DriverValues, "slots" | "pool">, general: GeneralSettings): Layout {
  const profile = general.profiles.get(general.get("policies.default_profile") ?? "");
  const base: Layout =
    profile === undefined
      ? { nslots: DEFAULT_NSLOTS, pools: [{ poolId: 1, strideBytes: DEFAULT_STRIDE_BYTES }] }
      : layoutOfProfile(profile);
  const pools = pool?.map((strideBytes, index): PoolOptions => ({ poolId: index + 1, strideBytes }));
  return { nslots: slots ?? base.nslots, pools: pools ?? base.pools };
}

function layoutOfProfile({ headerNslots, payloadPools }: ProfileSetting): Layout {
  return { nslots: headerNslots, pools: payloadPools };
}
