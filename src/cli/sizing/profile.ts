import { formatBytesExact } from "../../core/units.ts";
import { DEFAULT_KEPT_EPOCHS, type Sizing } from "./sizing.ts";

/** The settings of a stream in the form of a driver's file, ready to be pasted. */
export function profileToml(sizing: Sizing, name: string, firstStreamId: number): string {
  const { request, slots, strideBytes } = sizing;
  // The default is omitted, because a file can have only one table of this name.
  const policies =
    request.keptEpochs === DEFAULT_KEPT_EPOCHS ? [] : ["[policies]", `epoch_gc_keep = ${request.keptEpochs}`, ""];
  const lines = [
    ...policies,
    `[profiles.${name}]`,
    `header_nslots = ${slots}`,
    `payload_pools = [{ pool_id = 1, stride_bytes = "${formatBytesExact(strideBytes)}" }]`,
  ];
  for (let i = 0; i < request.streams; i++) {
    const stream = request.streams === 1 ? name : `${name}-${i + 1}`;
    lines.push("", `[streams.${stream}]`, `stream_id = ${firstStreamId + i}`, `profile = "${name}"`);
  }
  return lines.join("\n");
}

/** The equivalent flags of a producer that owns its regions. */
export function standaloneFlags({ slots, strideBytes }: Sizing): string {
  return `--standalone --slots ${slots} --pool ${formatBytesExact(strideBytes)}`;
}
