import { explainBusErrors } from "../../../ffi/bus-error.ts";

/** What ends a process that has mapped a file which was truncated: said instead of a crash report of Bun. */
export function reportBusErrors(): void {
  explainBusErrors(
    "tensorpool: ended by SIGBUS: a file of shared memory that this process has mapped was truncated, or its file system could " +
      "not give it a page. Regions and Aeron's files can be truncated by users who may write to them: keep " +
      "permissions_mode at 600, or at 660 with a group of trusted users (SECURITY.md), and let no cleaner touch /dev/shm.\n",
  );
}
