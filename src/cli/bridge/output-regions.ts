import type { OutputRegions } from "../../bridge/output-stream.ts";
import { UsageError } from "../../core/errors.ts";
import { parseSize } from "../../core/units.ts";
import { AllowedBaseDirs } from "../../shm/index.ts";
import type { OptionValues } from "../option-spec.ts";
import type { RoleRuntime } from "../role-runtime.ts";

/** Those that say how regions are made: with a driver they are its own settings. */
const REGION_FLAGS = ["slots", "pool", "namespace", "share", "group", "prefault"];
/** Where the regions of an output come from. @throws UsageError for flags that only go with --standalone */
export function outputRegions(runtime: RoleRuntime, options: OptionValues): OutputRegions {
  if (runtime.driver !== null) {
    const stray = REGION_FLAGS.find((name) => options.given.get(name)?.origin.kind === "flag");
    if (stray === undefined) {
      return { driver: { ...runtime.driver, baseDirs: AllowedBaseDirs.resolve([runtime.shmDir]) } };
    }
    throw new UsageError(
      `--${stray} is for regions that this role makes itself: leave it out (the driver makes them), or pass --standalone`,
    );
  }
  const gid = options.integer("group", 0, 0xffff_fffe);
  if (gid !== undefined && options.text("share") !== "group") {
    throw new UsageError("--group needs --share group: pass it as well");
  }
  const pools = options.list("pool")?.map((stride, index) => ({ poolId: index + 1, strideBytes: parseSize(stride) }));
  const nslots = slotsOption(options);
  return {
    standalone: {
      baseDir: runtime.shmDir,
      namespace: options.text("namespace") ?? "default",
      ...(nslots === null ? {} : { nslots }),
      ...(pools === undefined ? {} : { pools }),
      mode: options.choice("share", ["private", "group"], "private"),
      ...(gid === undefined ? {} : { gid }),
      requireHugepages: options.flag("require-hugepages") === true,
      prefault: options.flag("prefault") !== false,
    },
  };
}

/** --slots; null when it was not given. @throws UsageError */
export function slotsOption(options: OptionValues): number | null {
  return options.integer("slots", 1, 2 ** 24) ?? null;
}
