// Where the compiled binary starts: see build.ts. It registers the libaeron.so and the page of `view` that were built into it, and only
// then loads the program, whose lowest layer opens the library as soon as it is loaded.
import { readFileSync } from "node:fs";
import { provideEmbeddedPage } from "../../src/view/page-assets.ts";
import { provideEmbeddedLibrary } from "../embedded.ts";
import libraryPath from "./build/libaeron.so" with { type: "file" };
import pagePath from "./build/view.page" with { type: "file" };

provideEmbeddedLibrary(() => readFileSync(libraryPath));
provideEmbeddedPage(() => readFileSync(pagePath, "utf8"));
await import("../../src/cli/main.ts");
