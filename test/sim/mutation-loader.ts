import { plugin } from "bun";
import { MUTATIONS } from "./mutations.ts";

// Preloaded into a process that simulates a mutation: the file is changed as it is loaded, and never on disk.
const mutation = MUTATIONS.find(({ name }) => name === process.env["SIM_MUTATION"]);
if (mutation === undefined) throw new Error("expected the name of a mutation in SIM_MUTATION");
const { file, from, to } = mutation;
const path = `${import.meta.dir}/../../${file}`;

plugin({
  name: "mutation",
  setup(build) {
    build.onLoad({ filter: new RegExp(`/${file.replaceAll(".", "\\.")}$`) }, async () => {
      const text = await Bun.file(path).text();
      if (text.split(from).length !== 2) throw new Error(`${mutation.name}: expected its text once in ${file}`);
      return { contents: text.replace(from, to), loader: "ts" };
    });
  },
});
