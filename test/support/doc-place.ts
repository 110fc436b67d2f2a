import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Service } from "./doc-blocks.ts";
import { freeTcpPort } from "./free-port.ts";
import { Place, SELF } from "./place.ts";
import { RoleProcess } from "./role-process.ts";
import { ROOT } from "./source-tree.ts";

/** A folder as a reader has it who types the commands of the documentation: `tensorpool` is on the path, files to use are there. */
export class DocPlace extends Place {
  readonly folder = this.at("work");
  readonly #shells: RoleProcess[] = [];
  readonly #exits = this.at("exits");
  readonly #port = freeTcpPort();

  constructor() {
    super();
    mkdirSync(this.folder);
    mkdirSync(this.at("bin"));
    // Ctrl-C reaches the program by itself; how it ended is kept, whatever the script makes of it.
    const self = SELF.map((word) => `'${word}'`).join(" ");
    this.#program("tensorpool", `trap : INT\n${self} "$@"\ncode=$?\necho "$code $*" >> '${this.#exits}'\nexit $code`);
    this.#program("bun", `exec '${process.execPath}' "$@"`);
    this.#program("my-program", "exec cat");
    this.#program("python3", `exec ${pythonWith("numpy") ?? "/usr/bin/python3"} "$@"`);
    cpSync(join(ROOT, "examples"), join(this.folder, "examples"), { recursive: true });
    cpSync(join(ROOT, "packaging", "systemd"), join(this.folder, "packaging", "systemd"), { recursive: true });
    // FFmpeg looks at what is in a file, not at its name.
    for (const name of ["video.y4m", "video.mp4"]) writeFileSync(join(this.folder, name), smallVideo());
    mkdirSync(join(this.folder, "recording"));
    for (const name of [
      "frames.npy",
      "a.npy",
      "b.npy",
      "stack.npy",
      "recording/frame-1.npy",
      "recording/frame-2.npy",
    ]) {
      copyFileSync(join(ROOT, "test", "fixtures", "npy", "uint8.npy"), join(this.folder, name));
    }
    for (const name of ["run.mcap", "run-2.mcap"]) {
      copyFileSync(join(ROOT, "test", "fixtures", "run.mcap"), join(this.folder, name));
    }
    writeFileSync(join(this.folder, "detector.bin"), new Uint8Array(3 * 2 * 480 * 640));
    writeFileSync(join(this.folder, "make_frames.py"), MAKE_FRAMES);
    // The examples import the library by its name, as in a project that has installed it.
    mkdirSync(join(this.folder, "node_modules"));
    symlinkSync(ROOT, join(this.folder, "node_modules", "tensorpool"));
    writeFileSync(join(this.folder, "package.json"), '{ "type": "module" }\n');
    writeFileSync(
      join(this.folder, "tsconfig.json"),
      '{ "compilerOptions": { "customConditions": ["tensorpool-checkout"] } }\n',
    );
  }

  get environment(): Record<string, string> {
    return {
      PATH: `${this.at("bin")}:${process.env.PATH}`,
      HOME: this.folder,
      AERON_DIR: this.aeronDir,
      TENSORPOOL_SHM_BASE_DIR: this.shmDir,
      CI: "",
    };
  }

  /** Starts a script in a process group of its own; the port that the pages name is another one here, which is free. */
  script(text: string): RoleProcess {
    const body = text.replaceAll(DOCUMENTED_PORT, String(this.#port));
    // `setsid` makes the group, so that Ctrl-C reaches all of it, as on a terminal.
    const shell = new RoleProcess(["setsid", "bash", "-c", `cd '${this.folder}'; set -eo pipefail\n${body}`], {
      env: this.environment,
    });
    this.#shells.push(shell);
    return shell;
  }

  /** How each call of `tensorpool` in a script has ended: its exit code and its arguments. */
  exits(): readonly string[] {
    return existsSync(this.#exits) ? readFileSync(this.#exits, "utf8").split("\n").filter(Boolean) : [];
  }

  /** Starts what a block needs beside it, and waits until it serves. */
  async serve(service: Service, streamId: number): Promise<void> {
    const stream = String(streamId);
    const picture = ["--source", "synthetic:dtype=uint8,dims=480x640", "--rate", "100", "--name", "camera-1"];
    const where = ["--aeron-dir", this.aeronDir, "--shm-dir", this.shmDir, "--stream", stream];
    if (service === "standalone camera" || service === "standalone video") {
      const source = service === "standalone video" ? ["--source", "y4m:video.y4m", "--rate", "30"] : picture;
      const camera = this.run(["producer", "--standalone", ...where, ...source], { cwd: this.folder });
      await camera.errorLine(new RegExp(`stream ${stream} epoch`));
      return;
    }
    const driver = this.run(["driver", ...where, "--slots", "64", "--pool", "1MiB"]);
    await driver.errorLine(/leases end/);
    if (service === "driver") return;
    const camera = this.run(["producer", ...where, ...picture]);
    await camera.errorLine(new RegExp(`attached to stream ${stream}`));
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    // Also what a script that has ended left in the background.
    for (const shell of this.#shells) interrupt(shell, "SIGKILL");
    await Promise.all(this.#shells.map((shell) => shell.destroy()));
    await super[Symbol.asyncDispose]();
  }

  #program(name: string, body: string): void {
    const path = join(this.at("bin"), name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
  }
}

const DOCUMENTED_PORT = "9464";

/** The first Python that has a module: that of the system may be another than the one on the path. */
export function pythonWith(module: string): string | null {
  const pythons = [Bun.which("python3"), "/usr/bin/python3"].filter((path) => path !== null);
  return pythons.find((path) => Bun.spawnSync([path, "-c", `import ${module}`]).exitCode === 0) ?? null;
}

const MAKE_FRAMES = `import sys, time
import numpy as np
while True:
    np.save(sys.stdout.buffer, np.zeros((480, 640), np.uint8))
    sys.stdout.buffer.flush()
    time.sleep(0.01)
`;

/** Ten frames of grey, 64 x 48, 4:2:0. */
function smallVideo(): string {
  const frame = `FRAME\n${"x".repeat(64 * 48 * 1.5)}`;
  return `YUV4MPEG2 W64 H48 F30:1 Ip A1:1 C420jpeg\n${frame.repeat(10)}`;
}

/** Signals a script and everything that it has started. */
export function interrupt(shell: RoleProcess, signal: NodeJS.Signals = "SIGINT"): void {
  try {
    process.kill(-shell.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
