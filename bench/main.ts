import process from "node:process";

// npm run bench                   everything, like `tensorpool bench all`, as one table, and bench-results.json
// npm run bench -- SECTION ...    like `tensorpool bench SECTION ...`
// npm run bench -- micro          single steps in one process: codec, commit protocol, claim, poll
// npm run bench -- driver-scale   a driver of 256 streams with 1,000 leases: the cost of announces and keepalives
// npm run bench -- python         frames from Python to Python, compared with shared_memory with a queue, and pyzmq with pickle
// npm run bench -- binary         the executable of `npm run build` compared with the sources: throughput, starts, memory, size
const args = process.argv.slice(2);
if (args[0] === "micro") {
  await import("./micro.ts");
} else if (args[0] === "driver-scale") {
  await import("./driver-scale.ts");
} else if (args[0] === "binary") {
  await import("./binary.ts");
} else if (args[0] === "python") {
  await import("./python.ts");
} else {
  const given = args.length === 0 || args[0]?.startsWith("-") ? ["all", "--to", "bench-results.json", ...args] : args;
  process.argv.splice(2, args.length, "bench", ...given);
  await import("../src/cli/main.ts");
}
