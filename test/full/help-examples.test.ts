import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { COMMANDS } from "../../src/cli/commands.ts";
import { Place } from "../support/place.ts";
import type { RoleProcess } from "../support/role-process.ts";
import { elapse, PROCESS_TEST_MS, until } from "../support/until.ts";

setDefaultTimeout(PROCESS_TEST_MS);

const FIXTURES = join(import.meta.dir, "../fixtures");
/** What continues by itself has run well when it has done so for this long after it began to listen to signals. */
const RUNS_MS = 1_000;
/** SIGTERM, as a bit of the signals that a process catches. */
const CATCHES_SIGTERM = 1n << 14n;
/** Examples that run until they are ended. */
const GOES_ON =
  /^(tap|top|events|supervisor|view.*|record (?!info|verify|repair).*|replay.*|attach camera-1.*|driver.*|media-driver.*|producer.*|decimate.*|bridge.*|consumer( --standalone)?( --sink y4m:-)?)$/;
const WITH_OPTIONS = /^(events|supervisor) --/;
const AT_ONCE = 4;
const DONE = 0;

/** Examples that are not run here, and why. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  demo: "its own tests run it",
  "demo --source synthetic:dtype=uint16,dims=1024x1024 --rate 200 --seconds 5": "its own tests run it",
  "demo -o jsonl": "its own tests run it",
  "bench throughput --payload 64 --frames 5000000 --slots 1024 -o json": "takes the whole machine for a minute",
  "bench throughput --driver": "takes the whole machine for a minute",
  "bench latency --payload 64 --rate 20000 --seconds 5": "takes the whole machine",
  "bench stream --payload 8MiB --seconds 60": "takes the whole machine for a minute",
  "bench record --minutes 10": "takes ten minutes",
  "run --config tensorpool.toml": "makes streams that are there already; its own tests run it",
  "run --config tensorpool.toml --no-driver --seconds 10 -o jsonl": "the same",
  "supervisor --http 9464 --stats-interval 1": "takes a port that something else may have",
  "view --http 8080": "takes a port that something else may have",
  "view --foxglove": "takes a port that something else may have",
  "events --from http://127.0.0.1:9464": "asks at a port that something else may have",
  "shutdown --config tensorpool.toml": "ends the driver that the others need; tests of the driver run it",
  'shutdown --token secret --why "new disks"': "ends the driver that the others need; tests of the driver run it",
};

/** Examples that cannot end well with what is there, and the exit code that they have then. */
const OTHER_ENDS: Readonly<Record<string, { code: number; because: string }>> = {
  "ls --aeron-dir /dev/shm/my-aeron -o jsonl": { code: 3, because: "nothing runs in that folder" },
  "attach 10000 --role producer --once -o json": { code: 1, because: "the stream has a producer (D-03)" },
  "detach 10000 3452629199349815198 42 --role consumer": { code: 3, because: "no lease has this id" },
  "keepalive 10000 3452629199349815198 42 --role consumer": { code: 3, because: "no lease has this id" },
  "lease revoke 3452629199349815198 --config tensorpool.toml": { code: 2, because: "the file sets no token" },
  "replay run.mcap --standalone --from 10s --to 20s --loop": { code: 3, because: "the recording is shorter" },
  "inspect /dev/shm/tensorpool-jo --slots 0": { code: 3, because: "nothing is in that folder" },
};

/** Commands that make streams themselves, and cannot have others beside them. */
const ALONE = ["producer", "consumer", "driver", "media-driver", "decimate", "bridge", "replay"];

/** What the examples of replay and export read. */
const RECORDING = "run.mcap";
/** Recordings that examples have made: each has a name of its own. */
let made = 0;

/** The words of a line as a shell takes them apart. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

function environmentOf(place: Place): Record<string, string> {
  return { AERON_DIR: place.aeronDir, TENSORPOOL_SHM_BASE_DIR: place.shmDir };
}

/** Runs the line with the place's folders in place of those it names, and ends it when it continues by itself. */
async function run(place: Place, line: string): Promise<{ code: number; role: RoleProcess }> {
  const args = wordsOf(line).map((word) =>
    word
      .replace(/^\/dev\/shm\//, `${place.path}/named/`)
      .replace(/^(frame\.|frames\/|flights\/|tensorpool\.toml)/, `${place.path}/$1`)
      .replace(/^(npy:frames|png:pictures|kerchunk:run|hdf5:run)/, (found) => found.replace(":", `:${place.path}/`))
      .replace(/^run\.mcap$/, place.at(RECORDING))
      .replace(/^(session|\/data\/night)\.mcap$/, place.at(`made-${made++}.mcap`)),
  );
  const stdin = line.includes("--source y4m:-") ? Bun.file(join(FIXTURES, "y4m/mono.y4m")) : undefined;
  const binary = line.includes("--sink y4m:-") || line.includes("--to -");
  const role = place.run(args, { env: environmentOf(place), binary, ...(stdin === undefined ? {} : { stdin }) });
  if (GOES_ON.test(line) || WITH_OPTIONS.test(line)) {
    await until(
      () => role.hasEnded || catchesSigterm(role.pid),
      () => `${line}: to listen to signals`,
    );
    await elapse(RUNS_MS);
    if (!role.hasEnded) role.signal("SIGTERM");
  }
  return { code: await role.exit(), role };
}

function catchesSigterm(pid: number): boolean {
  const mask = /^SigCgt:\s+([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
  return (BigInt(`0x${mask}`) & CATCHES_SIGTERM) !== 0n;
}

async function runAll(place: Place, lines: readonly string[], atOnce = AT_ONCE): Promise<string[]> {
  const problems: string[] = [];
  const waiting = [...lines];
  const worker = async (): Promise<void> => {
    for (let line = waiting.shift(); line !== undefined; line = waiting.shift()) {
      const { code, role } = await run(place, line);
      const expected = OTHER_ENDS[line]?.code ?? DONE;
      if (code !== expected) problems.push(`${line}: expected ${expected}, found ${code}: ${role.stderr.slice(-300)}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return problems;
}

const examples = COMMANDS.flatMap(({ name, examples: lines }) => lines.map((line) => ({ name, line })));
const runnable = examples.filter(({ line }) => LEFT_OUT[line] === undefined);

describe("the examples of --help", () => {
  const place = new Place();

  beforeAll(async () => {
    cpSync(join(FIXTURES, "npy/float32.npy"), place.at("frames.npy"));
    const env = environmentOf(place);
    const config = place.run(["config", "init", "--to", place.at("template.toml"), "-q"]);
    expect(await config.exit()).toBe(DONE);
    const driver = place.run(["driver", "--stream", "10000", "--slots", "64", "--pool", "1MiB"], { env });
    await driver.errorLine(/serves|stream 10000/);
    const producer = place.run(["producer", "--source", "synthetic:", "--rate", "200", "--name", "camera-1"], { env });
    await producer.errorLine(/asking the driver|stream 10000/);
    const consumer = place.run(["consumer", "--client-id", "42", "--sink", "null"], { env });
    await consumer.errorLine(/mapped stream/);
    const record = place.run(["record", "camera-1", "--to", place.at(RECORDING), "--count", "50", "-q"], { env });
    expect(await record.exit()).toBe(DONE);
  });

  afterAll(async () => {
    await place[Symbol.asyncDispose]();
  });

  test("of tools run as they stand, beside a driver, a producer and a consumer", async () => {
    const lines = runnable.filter(({ name }) => !ALONE.includes(name)).map(({ line }) => line);
    cpSync(place.at("template.toml"), place.at("tensorpool.toml"));
    // It writes the file that it names, which must not be there.
    const [init, others] = [
      lines.filter((line) => line.startsWith("config init")),
      lines.filter((line) => !line.startsWith("config init")),
    ];
    expect(init).toEqual(["config init --to tensorpool.toml"]);
    // Told different things at once, a consumer does one of them, and the other command says that it did not come about.
    const [steering, rest] = [
      others.filter((line) => line.startsWith("consumer-config")),
      others.filter((line) => !line.startsWith("consumer-config")),
    ];
    expect(steering.length).toBeGreaterThan(1);
    expect(await runAll(place, rest)).toEqual([]);
    expect(await runAll(place, steering, 1)).toEqual([]);
  });

  test("of commands that make streams run as they stand, each in a place of its own", async () => {
    const lines = runnable.filter(({ name }) => ALONE.includes(name)).map(({ line }) => line);
    const problems: string[] = [];
    for (const line of lines) {
      await using own = new Place();
      cpSync(place.at("template.toml"), own.at("tensorpool.toml"));
      cpSync(place.at("frames.npy"), own.at("frames.npy"));
      if (line.startsWith("replay")) cpSync(place.at(RECORDING), own.at(RECORDING));
      if (/^(producer|consumer)(?!.*--standalone)/.test(line)) {
        const driver = own.run(["driver", "--stream", "10000"], { env: environmentOf(own) });
        await driver.errorLine(/serves|stream 10000/);
      }
      if (/^consumer.*--standalone/.test(line)) {
        const args = ["producer", "--standalone", "--source", "synthetic:", "--rate", "50"];
        const producer = own.run(args, { env: environmentOf(own) });
        await producer.errorLine(/stream 10000 epoch/);
      }
      problems.push(...(await runAll(own, [line])));
    }
    expect(problems).toEqual([]);
  });

  test("exceptions are examples that there are", () => {
    const known = examples.map(({ line }) => line);
    expect([...Object.keys(LEFT_OUT), ...Object.keys(OTHER_ENDS)].filter((line) => !known.includes(line))).toEqual([]);
  });
});
