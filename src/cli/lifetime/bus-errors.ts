import { explainBusErrors } from "../../../ffi/bus-error.ts";

/** Explains the SIGBUS that ends a process whose mapped file was truncated, instead of Bun's crash report. */
export function reportBusErrors(): void {
  explainBusErrors(
    "tensorpool: ended by SIGBUS: a file of shared memory that this process has mapped was truncated, or its file system could " +
      "not give it a page. Regions and Aeron's files can be truncated by users who may write to them: keep " +
      "permissions_mode at 600, or at 660 with a group of trusted users (SECURITY.md), and let no cleaner touch /dev/shm.\n",
  );
}
