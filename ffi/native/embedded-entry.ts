// Where the compiled binary starts: see build.ts. It registers the libaeron.so that was built into it, and only then loads the
// program, whose lowest layer opens the library as soon as it is loaded.
import { readFileSync } from "node:fs";
import { provideEmbeddedLibrary } from "../embedded.ts";
import libraryPath from "./build/libaeron.so" with { type: "file" };

provideEmbeddedLibrary(() => readFileSync(libraryPath));
await import("../../src/cli/main.ts");
