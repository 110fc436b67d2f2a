import { test } from "bun:test";
import { checkAccounts } from "../support/accounts.ts";

test(
  "W-19, W-22, D-14: in 150 histories of pauses, ended leases, epochs and modes, every frame that was claimed has one outcome",
  () => checkAccounts(150),
  10 * 60_000,
);
