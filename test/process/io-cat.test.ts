import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fixture, temporaryFolder } from "../support/io-frames.ts";

const CAT = [process.execPath, join(import.meta.dir, "../support/io-cat.ts")];

async function shell(command: string): Promise<{ stdout: Buffer; stderr: string; code: number }> {
  const child = Bun.spawn(["bash", "-c", command], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).arrayBuffer(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { stdout: Buffer.from(stdout), stderr, code };
}

function cat(...args: string[]): string {
  return [...CAT, ...args].map((word) => `'${word}'`).join(" ");
}

describe("frames from standard input to standard output come out bit by bit", () => {
  for (const [kind, name] of [
    ["y4m", "y4m/420p10.y4m"],
    ["y4m", "y4m/422-odd.y4m"],
    ["npy", "npy/records-mixed.npy"],
  ] as const) {
    const path = fixture(name);
    for (const [how, command] of [
      ["through pipes", `cat '${path}' | ${cat(`${kind}:-`, `${kind}:-`)} | cat`],
      ["in small pieces", `dd if='${path}' bs=13 status=none | ${cat(`${kind}:-`, `${kind}:-`)} | cat`],
      ["from a redirected file", `${cat(`${kind}:-`, `${kind}:-`)} < '${path}' | cat`],
      ["by process substitution", `cat '${path}' | ${cat(`${kind}:/dev/stdin`, `${kind}:/dev/stdout`)} | cat`],
    ] as const) {
      test(`${name} ${how}`, async () => {
        const { stdout, stderr } = await shell(command);
        expect(stderr).toContain("wrote 3 frames");
        expect(stdout.equals(readFileSync(path))).toBe(true);
      });
    }
  }

  test("a y4m comment in any encoding comes out byte by byte", async () => {
    using folder = await temporaryFolder();
    for (const comment of [Buffer.from("Größe_大"), Buffer.from([0xff, 0xfe, 0x80, 0x9f, 0x1b])]) {
      const header = Buffer.concat([Buffer.from("YUV4MPEG2 W2 H1 Cmono X"), comment, Buffer.from("\nFRAME\nab")]);
      await Bun.write(folder.path("in.y4m"), header);
      const { stdout } = await shell(`${cat("y4m:-", "y4m:-")} < '${folder.path("in.y4m")}' | cat`);
      expect(stdout.equals(header)).toBe(true);
    }
  });

  test("a shell's substituted pipe is read by its name", async () => {
    const path = fixture("npy/records.npy");
    const { stdout } = await shell(`${cat("npy:/dev/fd/9", "npy:-")} 9< <(cat '${path}')`);
    expect(stdout.equals(readFileSync(path))).toBe(true);
  });

  test("standard output that is a file is written, and standard input keeps its place in a file", async () => {
    using folder = await temporaryFolder();
    const path = fixture("npy/records.npy");
    const recordBytes = readFileSync(path).length / 4;
    await shell(
      `( dd of=/dev/null bs=${recordBytes} count=1 status=none; ${cat("npy:-", "npy:-")} ) < '${path}' > '${folder.path("out")}'`,
    );
    expect(readFileSync(folder.path("out")).equals(readFileSync(path).subarray(recordBytes))).toBe(true);
  });
});

describe("processes at either end", () => {
  test("a reader that goes away early ends the writer in order", async () => {
    const { stderr, stdout } = await shell(`${cat("synthetic:rate=max,count=2000", "raw:-")} | head -c 1000 | wc -c`);
    expect(stdout.toString().trim()).toBe("1000");
    expect(stderr).toContain("the reader closed the pipe");
  });

  test("truncated input ends with a message that names what is missing", async () => {
    const { stderr, code } = await shell(`head -c 200 '${fixture("npy/records.npy")}' | ${cat("npy:-", "null")}`);
    expect(code).not.toBe(0);
    expect(stderr).toContain(
      "stdin: expected an npy header of at least 128 bytes, found the end of the input after 60",
    );
  });

  test("an empty input is an error: of a program that failed, of an empty file, of a closed descriptor", async () => {
    for (const args of [["y4m:-"], ["npy:-"], ["raw:-", "null", "dtype=uint8", "dims=4"]]) {
      const command = cat(args[0] as string, "null", ...args.slice(2));
      for (const redirected of [`(exit 1) | ${command}`, `${command} < /dev/null`, `${command} <&-`]) {
        const { stderr, code } = await shell(redirected);
        expect(stderr).toContain("stdin: expected at least one frame, found an empty input; look at the program");
        expect(code).not.toBe(0);
      }
    }
  });

  test("descriptors that others made non-blocking work as they are", async () => {
    // The flag belongs to the open file, which the processes of a pipeline share: this one sets it and ends.
    const libc = join(import.meta.dir, "../../ffi/libc.ts");
    const nonBlocking = (fd: number) =>
      `'${process.execPath}' -e 'import { libc } from "${libc}"; libc.fcntl(${fd}, 4, 0o4002);'`;
    const frames = 40;
    const produce = `{ ${nonBlocking(1)}; ${cat(`synthetic:rate=max,pattern=counter,count=${frames}`, "raw:-")}; }`;
    const consume = `{ ${nonBlocking(0)}; sleep 0.3; ${cat("raw:-", "raw:-", "dtype=uint8", "dims=480x640")}; }`;
    const { stdout } = await shell(`${produce} | ${consume} | cat`);
    expect(stdout.length).toBe(frames * 480 * 640);
    for (let n = 0; n < frames; n++) expect(stdout[n * 480 * 640]).toBe(n);
  });
});
