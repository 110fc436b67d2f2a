// Entry of the compiled binary, see build.ts. It registers the embedded libaeron.so and the embedded page of `view`, and only
// then loads the program, because its lowest layer opens the library at load time.
import { readFileSync } from "node:fs";
import { provideEmbeddedPage } from "../../src/view/page-assets.ts";
import { provideEmbeddedLibrary } from "../embedded.ts";
import libraryPath from "./build/libaeron.so" with { type: "file" };
import pagePath from "./build/view.page" with { type: "file" };

provideEmbeddedLibrary(() => readFileSync(libraryPath));
provideEmbeddedPage(() => readFileSync(pagePath, "utf8"));
await import("../../src/cli/main.ts");
