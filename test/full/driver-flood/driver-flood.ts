import { CountersReader } from "../../../src/aeron/counters-reader.ts";
import { driverCounters } from "../../../src/roles/driver/driver-counters.ts";
import { Subject } from "../support/subject.ts";
import type { FloodCounts, FloodOptions } from "./flooder.ts";
import type { ProbeOptions, ProbeResult } from "./prober.ts";

export type DriverCounts = Readonly<Record<string, number>>;

/** The driver's counters as its tools see them. */
export function driverCounts(aeronDir: string): DriverCounts {
  using reader = CountersReader.open(aeronDir);
  const records = reader.snapshot();
  const named = driverCounters().list.map(({ name, typeId }) => {
    const record = records.find((candidate) => candidate.typeId === typeId);
    return [name, Number(record?.value ?? 0n)] as const;
  });
  return Object.fromEntries(named);
}

/** Sends `count` messages that the driver must not accept. @returns how many of each sort */
export async function flood(options: FloodOptions): Promise<FloodCounts> {
  await using flooder = new Subject<FloodCounts>("test/full/driver-flood/flooder.ts", options);
  return await flooder.next();
}

/** Milliseconds from an attach request to its answer: the median, and what nine of ten stay below. */
export async function attachLatency(options: ProbeOptions): Promise<{ medianMs: number; p90Ms: number }> {
  await using prober = new Subject<ProbeResult>("test/full/driver-flood/prober.ts", options);
  const sorted = [...(await prober.next()).latenciesNs].sort((a, b) => a - b);
  const at = (share: number): number => (sorted[Math.floor(sorted.length * share)] ?? Number.NaN) / 1e6;
  return { medianMs: at(0.5), p90Ms: at(0.9) };
}

/** What the driver has to have counted of these messages. A malformed request for a lease is refused, and answered as well. */
export function expectedCounts(sent: FloodCounts): DriverCounts {
  const { attaches = 0, messagesRefused = 0, clients: _notForDrivers, ...others } = sent;
  return { ...others, messagesRefused: messagesRefused + attaches, attachesRefused: attaches };
}

/** The driver's counts since `before`; `attachesRefused` stands for all requests that were answered with a refusal. */
export function countsSince(before: DriverCounts, aeronDir: string): DriverCounts {
  const now = driverCounts(aeronDir);
  const since = Object.fromEntries(Object.keys(now).map((name) => [name, (now[name] ?? 0) - (before[name] ?? 0)]));
  const { attachesInvalid = 0, attachesUnsupported = 0, attachesRejected = 0, attachesFailed = 0 } = since;
  return { ...since, attachesRefused: attachesInvalid + attachesUnsupported + attachesRejected + attachesFailed };
}
