import { test } from "bun:test";
import { checkAccounts } from "../support/accounts.ts";

// More of this is in test/full/roles-accounts.test.ts.
test(
  "W-19, W-22, D-14: what was claimed is what was accepted, skipped or lost under a cause, whatever made the reader stop and begin again",
  () => checkAccounts(12),
  120_000,
);
