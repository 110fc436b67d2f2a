import { describe, expect, test } from "bun:test";
import { Place, SELF } from "../support/place.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

const FFMPEG = Bun.which("ffmpeg");

/** `file: frame, presentation time, duration, size, checksum` lines of `-f framemd5`, without comments. */
function checksums(framemd5: string): string[] {
  return framemd5.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

const CASES: readonly (readonly [name: string, filter: string, pixelFormat: string, frames: number])[] = [
  ["8-bit 4:2:0, 640x480 at 30 a second", "testsrc2=size=640x480:rate=30:duration=4", "yuv420p", 120],
  [
    "10-bit 4:2:2, odd size, 24000/1001 a second",
    "testsrc2=size=325x241:rate=24000/1001:duration=3",
    "yuv422p10le",
    72,
  ],
  ["frames above 2 MiB, whose ring is short", "testsrc2=size=1920x1080:rate=30:duration=1", "yuv420p", 30],
];

describe("video from FFmpeg through shared memory to FFmpeg", () => {
  test("FFmpeg is there to compare with (apt-get install ffmpeg); continuous integration must have it", () => {
    if (FFMPEG === null) console.error("ffmpeg is not installed: video is NOT compared with it in this run");
    expect(FFMPEG !== null || process.env.CI !== "true").toBe(true);
  });

  for (const [name, filter, pixelFormat, frames] of FFMPEG === null ? [] : CASES) {
    test(
      `${name}: every frame has the checksum of the source, none is missing`,
      async () => {
        await using place = new Place();
        await place.mediaDriver();
        const generate = `"${FFMPEG}" -v error -f lavfi -i '${filter}' -pix_fmt ${pixelFormat} -strict -1`;
        const decode = `"${FFMPEG}" -v error -f yuv4mpegpipe -i - -f framemd5 -`;
        const expected = place.shell(`${generate} -f yuv4mpegpipe - | ${decode}`);
        const consume = place.shell(`"$@" | ${decode}`, [
          ...SELF,
          ...place.roleArguments("consumer"),
          ...["--sink", "y4m:-", "--fail-on-loss"],
        ]);
        const produce = place.shell(`${generate} -f yuv4mpegpipe - | "$@"`, [
          ...SELF,
          ...place.roleArguments("producer"),
          ...["--source", "y4m:-", "--fail-on-loss"],
        ]);
        const [wanted, consumed, produced] = await Promise.all([expected, consume, produce]);
        expect(`${produced.code} ${consumed.code}\n${produced.stderr}${consumed.stderr}`).toMatch(/^0 0\n/);
        expect(checksums(wanted.stdout).length).toBe(frames);
        expect(checksums(consumed.stdout)).toEqual(checksums(wanted.stdout));
        // The header comments carry frame rate, size and aspect.
        expect(consumed.stdout).toBe(wanted.stdout);
      },
      PROCESS_TEST_MS,
    );
  }
});
