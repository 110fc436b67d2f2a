import { beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { BinaryPlace, BUILD_MS, testedBinary } from "../support/binary.ts";
import { asOtherUser, inNamespace, isRoot, run } from "../support/namespace.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

beforeAll(testedBinary, BUILD_MS);

/** The loader and the libraries that the executable is linked with, as paths on this machine. */
async function linkedLibraries(binary: string): Promise<string[]> {
  const { stdout } = await run(["ldd", binary]);
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => path);
}

/** A folder that can be made the root of a file system: glibc, and the executable. */
async function containerRoot(place: BinaryPlace): Promise<string> {
  const root = join(place.temporary, "root");
  for (const folder of ["proc", "dev/shm", "tmp", "app"]) mkdirSync(join(root, folder), { recursive: true });
  for (const device of ["null", "urandom"]) writeFileSync(join(root, "dev", device), "");
  const libraries = await linkedLibraries(place.binary);
  expect(libraries.map((path) => path.replace(/.*\//, "").replace(/\.so.*/, "")).sort()).toEqual(
    expect.arrayContaining(["libc", "libdl", "libm", "libpthread"]),
  );
  for (const path of libraries) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    copyFileSync(path, join(root, path));
  }
  copyFileSync(place.binary, join(root, "app", "tensorpool"));
  return root;
}

const CONTAINER = `
  root=$1; shift
  mount --bind "$root" "$root"
  mount -t proc proc "$root/proc"
  mount -t tmpfs -o mode=1777,size=64m tmpfs "$root/dev/shm"
  for device in null urandom; do mount --bind "/dev/$device" "$root/dev/$device"; done
  mount -o remount,bind,ro "$root"
  cd /
  env -i "$(command -v chroot)" "$@"
  find "$root/dev/shm" "$root/tmp" -mindepth 1 >&2
`;

/** Runs a script where memory files have this setting (memfd_noexec); null where this user may not set it. */
async function withMemoryFiles(
  setting: 1 | 2,
  script: string,
  words: readonly string[],
): ReturnType<typeof inNamespace> {
  const file = "/proc/sys/vm/memfd_noexec";
  const outcome = await inNamespace(`echo ${setting} 2>/dev/null > ${file} || exit 99; ${script}`, words);
  if (outcome?.exitCode !== 99 || isRoot) return outcome;
  console.error(`not checked here: ${file} is for root to set`);
  return null;
}

describe("surroundings of the single executable", () => {
  test(
    "a container with glibc and nothing else, read-only, as any user, without an environment",
    async () => {
      await using place = await BinaryPlace.create();
      const root = await containerRoot(place);
      const user = asOtherUser().length === 0 ? [] : ["--userspec=12345:12345"];
      const words = [root, ...user, root, "/app/tensorpool"];
      const version = await inNamespace(CONTAINER, [...words, "version"]);
      if (version === null) return;
      expect(version).toEqual({ exitCode: 0, stdout: expect.stringMatching(/libaeron +embedded/), stderr: "" });
      const demo = await inNamespace(CONTAINER, [...words, "demo", "--seconds", "2", "-q"]);
      // Nothing on standard error: neither a complaint nor, from the last command, a file that was left.
      expect(demo).toEqual({ exitCode: 0, stdout: expect.stringContaining("accepted"), stderr: "" });
    },
    PROCESS_TEST_MS,
  );

  test("memory files that nothing may be run from: libaeron comes from a file that is gone again, and this is said", async () => {
    await using place = await BinaryPlace.create();
    const outcome = await withMemoryFiles(
      2,
      'export TMPDIR=$2; exec "$1" media-driver --aeron-dir "$3" --linger 200ms',
      [place.binary, place.temporary, place.aeronDir],
    );
    if (outcome === null) return;
    expect(outcome.stderr).toContain(`tensorpool: libaeron was opened from a file below ${place.temporary}`);
    expect(outcome.stderr).toContain("memfd_create libaeron.so: EACCES");
    expect(outcome.stderr).toContain(`serves ${place.aeronDir}`);
    expect(outcome.exitCode).toBe(0);
    expect(readdirSync(place.temporary)).toEqual([]);
  });

  test("memory files have to be marked as executable: they are", async () => {
    await using place = await BinaryPlace.create();
    const outcome = await withMemoryFiles(1, 'exec "$1" version', [place.binary]);
    if (outcome === null) return;
    expect(outcome).toEqual({ exitCode: 0, stdout: expect.stringMatching(/libaeron +embedded/), stderr: "" });
  });

  test("no place at all to run code from: every refusal is named, and the ways out", async () => {
    await using place = await BinaryPlace.create();
    const outcome = await withMemoryFiles(
      2,
      `for folder in "$2" /var/tmp /dev/shm; do mount -t tmpfs -o noexec tmpfs "$folder"; done
       TMPDIR=$2 exec "$1" version`,
      [place.binary, place.temporary],
    );
    if (outcome === null) return;
    expect(outcome).toMatchObject({ exitCode: 1, stdout: "" });
    for (const part of ["memory file", place.temporary, "/var/tmp: ", "/dev/shm: ", "TMPDIR", "AERON_LIBRARY"]) {
      expect(outcome.stderr).toContain(part);
    }
    expect(outcome.stderr).not.toMatch(/^\s+at /m);
  });

  test("a full /dev/shm: the producer says what it needs and what there is, and leaves nothing", async () => {
    await using place = await BinaryPlace.create();
    mkdirSync(place.shmDir);
    const outcome = await inNamespace(
      `mount -t tmpfs -o size=4m tmpfs "$2"
       status=0
       "$1" producer --standalone --aeron-dir "$3" --shm-dir "$2" --source synthetic: --slots 64 --pool 1MiB --media-driver embedded || status=$?
       find "$2" -type f >&2
       exit "$status"`,
      [place.binary, place.shmDir, place.aeronDir],
    );
    if (outcome === null) return;
    expect(outcome.stderr).toMatch(/needs 64(\.\d+)? MiB, .* has 4 MiB free/);
    expect(outcome.stderr).not.toContain(".ring");
    expect(outcome.exitCode).toBe(1);
    expect(readdirSync(place.path)).toEqual(["regions"]);
  });

  test("a folder for regions that may not be written to is named, without a stack trace", async () => {
    await using place = await BinaryPlace.create();
    mkdirSync(place.shmDir);
    chmodSync(place.shmDir, 0o555);
    for (const path of [place.path, dirname(place.temporary)]) chmodSync(path, 0o755);
    for (const path of [place.temporary, place.path]) chmodSync(path, 0o1777);
    const executable = join(dirname(place.temporary), "tensorpool");
    copyFileSync(place.binary, executable);
    const outcome = await run(
      [
        ...asOtherUser(),
        executable,
        ...place.roleArguments("producer"),
        "--source",
        "synthetic:",
        "--media-driver",
        "embedded",
      ],
      { TMPDIR: place.temporary },
    );
    expect(outcome.stderr).toContain(place.shmDir);
    expect(outcome.stderr).toMatch(/user \d+ may not use/);
    expect(outcome.stderr).not.toMatch(/^\s+at /m);
    expect(outcome.exitCode).toBe(1);
    expect(readdirSync(place.path)).toEqual(["regions"]);
  });
});
