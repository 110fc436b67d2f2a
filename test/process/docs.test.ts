import { testCommandsOf } from "../support/doc-tests.ts";

// The other pages: test/full/docs.test.ts.
testCommandsOf(["README.md"]);
