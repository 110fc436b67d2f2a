// npm run bench -- python: frames from Python to Python, see python.py. Needs NumPy; compares with pyzmq if it is installed.
import { join } from "node:path";

const python = process.env.TENSORPOOL_TEST_PYTHON ?? "python3";
const self = [process.execPath, join(import.meta.dir, "../src/cli/main.ts")];
const child = Bun.spawn([python, join(import.meta.dir, "python.py")], {
  env: {
    ...process.env,
    TENSORPOOL: process.env.TENSORPOOL ?? self.map((word) => `'${word}'`).join(" "),
    PYTHONDONTWRITEBYTECODE: "1",
  },
  stdin: "ignore",
  stdout: "inherit",
  stderr: "inherit",
});
process.exitCode = await child.exited;
