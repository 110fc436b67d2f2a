import type { IdleChoice } from "../../core/idle/index.ts";
import type { Flow } from "../../protocol/attribute.ts";

export type Deployment = "standalone" | "driver";

/** What a section was asked for; what was left out has the section's own default. */
export interface BenchOptions {
  readonly payloadBytes?: number | undefined;
  readonly frames?: number | undefined;
  readonly slots?: number | undefined;
  readonly fill?: "copy" | "in-place" | undefined;
  readonly flow?: Flow | undefined;
  readonly consumers?: number | undefined;
  readonly streams?: number | undefined;
  /** Who owns the regions: the producer, or a driver that leases them. */
  readonly deployment?: Deployment | undefined;
  readonly mediaDriver?: "embedded" | "auto" | undefined;
  readonly rateHz?: number | undefined;
  readonly seconds?: number | undefined;
  readonly rounds?: number | undefined;
  /** How long the memory of a recorder is watched. */
  readonly minutes?: number | undefined;
  readonly idle?: IdleChoice | undefined;
  /** How the processes of a measurement are called: this very program where left out. */
  readonly program?: readonly string[] | undefined;
}
