import { test } from "bun:test";
import { checkAccounts } from "../support/accounts.ts";

test(
  "W-19, W-22, D-14: in 100 histories of pauses, ended leases, epochs and modes, every frame that was claimed has one outcome",
  () => checkAccounts(100),
  10 * 60_000,
);
