import type { Registry } from "prom-client";
import { EVENT_KINDS } from "../supervision/model/index.ts";
import { counter, gauge } from "./metric-family.ts";
import { driverHeartbeatSeconds, roomOf, type Supervised } from "./supervised.ts";

/** Registers the metrics of the supervisor itself and of the machine; returns the function that updates them. */
export function supervisorMetrics(registry: Registry, supervised: Supervised): (nowNs: number) => void {
  const { supervisor, aeronDir, shmDir, version } = supervised;
  const info = gauge(registry, "tensorpool_build_info", "1, with the version as a label.", ["version"]);
  const ready = gauge(registry, "tensorpool_supervisor_ready", "1 while it receives all its streams, else 0.");
  const readsCounters = gauge(
    registry,
    "tensorpool_supervisor_reads_counters",
    "1 while the media driver's counters can be read, else 0: bytes and causes are not known then.",
  );
  const events = counter(registry, "tensorpool_supervisor_events_total", "Events, by kind.", ["kind"]);
  const messages = counter(registry, "tensorpool_supervisor_messages_total", "Messages heard.");
  const refused = counter(
    registry,
    "tensorpool_supervisor_refused_total",
    "Refused: malformed or inexact messages, older epochs, streams and consumers beyond the limits, counters that are no counts.",
    ["what"],
  );
  const steered = gauge(registry, "tensorpool_supervisor_steered_consumers", "Consumers in a mode that a rule chose.");
  const configs = counter(registry, "tensorpool_supervisor_configs_total", "ConsumerConfig messages.", ["result"]);
  const heartbeat = gauge(
    registry,
    "tensorpool_media_driver_heartbeat_age_seconds",
    "Seconds since the media driver's last heartbeat.",
  );
  const free = gauge(registry, "tensorpool_shm_free_bytes", "Free bytes where the regions are.");
  const size = gauge(registry, "tensorpool_shm_size_bytes", "Size of the file system where the regions are.");
  const cpu = counter(registry, "process_cpu_seconds_total", "Processor time of the supervisor.");
  const memory = gauge(registry, "process_resident_memory_bytes", "Resident memory of the supervisor.");
  const all = [
    info,
    ready,
    readsCounters,
    events,
    messages,
    refused,
    steered,
    configs,
    heartbeat,
    free,
    size,
    cpu,
    memory,
  ];
  return () => {
    for (const family of all) family.clear();
    const { observer, model, configsSent, configsFailed } = supervisor;
    info.set({ version }, 1);
    ready.set({}, supervisor.isReady ? 1 : 0);
    readsCounters.set({}, observer.readsCounters ? 1 : 0);
    for (const kind of EVENT_KINDS) events.set({ kind }, model.events.count(kind));
    messages.set({}, observer.messages);
    refused.set({ what: "malformed" }, observer.inbox.counts.refused);
    refused.set({ what: "inexact" }, observer.inbox.counts.inexact);
    refused.set({ what: "stale-epoch" }, model.counts.staleEpochs);
    refused.set({ what: "stream" }, model.counts.streamsRefused);
    refused.set({ what: "consumer" }, model.counts.consumersRefused);
    refused.set({ what: "counter" }, model.counts.countersRefused);
    steered.set({}, supervisor.steered);
    configs.set({ result: "sent" }, configsSent);
    configs.set({ result: "failed" }, configsFailed);
    heartbeat.set({}, driverHeartbeatSeconds(aeronDir));
    const room = roomOf(shmDir);
    free.set({}, room?.freeBytes ?? null);
    size.set({}, room?.totalBytes ?? null);
    const { user, system } = process.cpuUsage();
    cpu.set({}, (user + system) / 1e6);
    memory.set({}, process.memoryUsage.rss());
  };
}
