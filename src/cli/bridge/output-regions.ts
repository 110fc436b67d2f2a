import type { OutputRegions } from "../../bridge/output-stream.ts";
import type { Origins } from "../../config/index.ts";
import { OptionError } from "../../core/errors.ts";
import { AllowedBaseDirs } from "../../shm/index.ts";
import type { RoleRuntime } from "../role/role-runtime.ts";
import type { OutputStreamValues } from "../specs/bridge.ts";

/** Options for creating regions: with a driver, these are settings of the driver. */
const REGION_OPTIONS = ["slots", "pool", "namespace", "share", "group", "prefault"] as const;

/** The source of an output's regions. @throws OptionError for an option that requires --standalone */
export function outputRegions(
  runtime: RoleRuntime,
  { values, origins }: { readonly values: OutputStreamValues; readonly origins: Origins },
): OutputRegions {
  if (runtime.driver !== null) {
    const stray = REGION_OPTIONS.find((name) => origins.of(name).kind === "flag");
    if (stray === undefined) {
      return { driver: { ...runtime.driver, baseDirs: AllowedBaseDirs.resolve([runtime.shmDir]) } };
    }
    throw new OptionError(
      stray,
      "it is for regions that this role makes itself: leave it out (the driver makes them), or pass --standalone",
    );
  }
  const { namespace, slots, pool, share, group, requireHugepages, prefault } = values;
  if (group !== undefined && share !== "group") {
    throw new OptionError("group", "expected --share group with it: pass it as well");
  }
  const pools = pool?.map((strideBytes, index) => ({ poolId: index + 1, strideBytes }));
  return {
    standalone: {
      baseDir: runtime.shmDir,
      namespace,
      ...(slots === undefined ? {} : { nslots: slots }),
      ...(pools === undefined ? {} : { pools }),
      mode: share,
      ...(group === undefined ? {} : { gid: group }),
      requireHugepages,
      prefault,
    },
  };
}
