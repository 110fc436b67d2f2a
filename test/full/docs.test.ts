import { pages } from "../support/doc-blocks.ts";
import { testCommandsOf } from "../support/doc-tests.ts";

testCommandsOf(pages().filter((page) => page !== "README.md"));
