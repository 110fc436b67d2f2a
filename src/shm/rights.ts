import { RegionCreateError } from "./errors.ts";

/** Who may use regions (W-30): this user alone, or a group. */
export type Sharing = "private" | "group";

/** Permission bits of created files and directories, whatever the umask. */
export interface RegionRights {
  readonly sharing: Sharing;
  readonly directoryMode: number;
  readonly fileMode: number;
  /** The group of files and directories; null keeps the system's choice. */
  readonly gid: number | null;
}

/** The rights of W-30: 0700 and 0600, or 2770 and 0660. @throws RegionCreateError "invalid-options" */
export function regionRights(sharing: Sharing, gid?: number): RegionRights {
  if (gid !== undefined && !(Number.isInteger(gid) && gid >= 0 && gid < 0xffff_ffff)) {
    throw new RegionCreateError("invalid-options", `gid: expected a group id, found ${gid}`, { rule: "W-30" });
  }
  return sharing === "group"
    ? { sharing, directoryMode: 0o2770, fileMode: 0o660, gid: gid ?? null }
    : { sharing, directoryMode: 0o700, fileMode: 0o600, gid: gid ?? null };
}
