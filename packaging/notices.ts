import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SetupError } from "../ffi/native/report.mjs";
import type { Library } from "./libraries.ts";

const ROOT = join(import.meta.dir, "..");
const LICENCES = join(import.meta.dir, "licences");
const RULE = "=".repeat(80);

interface LockedPackage {
  readonly version: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
}

/** The notices of the third-party software in an executable, with its licences. @throws SetupError for a package without a licence */
export function notices(library: Library): string {
  const aeron =
    library.licence === null ? "Apache License 2.0, as in LICENSE." : readFileSync(library.licence, "utf8").trim();
  return [
    "The executable `tensorpool` is under the Apache License 2.0: see LICENSE. Inside of it is the work of others:",
    section("Aeron (libaeron), Apache-2.0", aeron),
    section(`Bun ${Bun.version}`, readFileSync(join(LICENCES, "bun.txt"), "utf8").trim()),
    ...runtimePackages().map(({ name, version, licence, text }) => section(`${name} ${version}, ${licence}`, text)),
    section("GNU Lesser General Public License 2.1", readFileSync(join(LICENCES, "LGPL-2.1.txt"), "utf8").trim()),
    "",
  ].join("\n\n");
}

function section(title: string, text: string): string {
  return `${RULE}\n${title}\n${RULE}\n\n${text}`;
}

/** The npm packages that our code imports at run time, and those that they import. */
function runtimePackages(): { name: string; version: string; licence: string; text: string }[] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Record<string, LockedPackage>;
  };
  return Object.entries(packages)
    .filter(([path, entry]) => path !== "" && entry.dev !== true && entry.optional !== true)
    .map(([path, { version, license = "" }]) => {
      const name = path.replace(/^.*node_modules\//, "");
      return { name, version, licence: license, text: licenceText(join(ROOT, path), name) };
    });
}

function licenceText(folder: string, name: string): string {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => /^licen[cs]e/i.test(file)) : [];
  const [file] = files;
  if (file === undefined) throw new SetupError(`${name}: its package has no licence file`);
  return readFileSync(join(folder, file), "utf8").trim();
}
