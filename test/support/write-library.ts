/** Renews docs/LIBRARY.md: `npm run generate:library`. */
import { writeFileSync } from "node:fs";
import { LIBRARY_PAGE, libraryPage } from "./library-page.ts";

writeFileSync(LIBRARY_PAGE, libraryPage());
console.error("generated docs/LIBRARY.md");
