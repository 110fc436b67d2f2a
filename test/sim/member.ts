import type { Agent } from "../../src/core/agent.ts";
import { AllowedBaseDirs } from "../../src/shm/index.ts";

export const FRAME_BYTES = 16;
export const NSLOTS = 8;
export const POOLS = [{ poolId: 1, strideBytes: 4096 }];
export const BASE_DIR = "/dev/shm";
export const AERON_DIR = "/dev/shm/aeron-sim";
/** Where consumers map nothing. */
export const FOREIGN_BASE_DIR = "/mnt/elsewhere";
export const BASE_DIRS = AllowedBaseDirs.resolve([BASE_DIR]);
/** What the drivers' operator shows. */
export const ADMIN_TOKEN = "sim-token";
/** Streams that a driver makes on demand begin here. */
export const DYNAMIC_STREAM = 20_000;
export const LAST_DYNAMIC_STREAM = DYNAMIC_STREAM + 9;

/** A role in a process, as the world sees it. */
export interface Member extends Agent {
  /** Why it does not do its work; null while it does. */
  problem(): string | null;
  /** Frames from now on count for `problem`. */
  watch(): void;
  /** What must not change while nothing fails. */
  upheavals(): number;
}
