import type { IdleChoice } from "../../core/idle/index.ts";
import type { Flow } from "../../protocol/attribute.ts";

export type Deployment = "standalone" | "driver";

/** Options of a section; an omitted one has the section's own default. */
export interface BenchOptions {
  readonly payloadBytes?: number | undefined;
  readonly frames?: number | undefined;
  readonly slots?: number | undefined;
  readonly fill?: "copy" | "in-place" | undefined;
  readonly flow?: Flow | undefined;
  readonly consumers?: number | undefined;
  readonly streams?: number | undefined;
  /** The owner of the regions: the producer, or a driver that leases them. */
  readonly deployment?: Deployment | undefined;
  readonly mediaDriver?: "embedded" | "auto" | undefined;
  readonly rateHz?: number | undefined;
  readonly seconds?: number | undefined;
  readonly rounds?: number | undefined;
  /** Duration of the memory measurement of a recorder. */
  readonly minutes?: number | undefined;
  readonly idle?: IdleChoice | undefined;
  /** Command line of the measured program; this program if omitted. */
  readonly program?: readonly string[] | undefined;
}
