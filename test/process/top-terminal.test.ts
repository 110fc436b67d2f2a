import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { Place, SELF } from "../support/place.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

const LEAVES_ALTERNATE_SCREEN = "\x1b[?25h\x1b[?1049l";

/** What ends it once its picture is there: keys, or a command that has top's pid as $1. */
for (const [name, ending, code] of [
  ["q", "printf q", 0],
  ["Ctrl-C", "printf '\\003'", 130],
  ["SIGTERM", 'kill -TERM "$1"', 0],
] as const) {
  test(
    `top leaves the terminal as it was: ended by ${name}`,
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      const [before, after, screen] = [place.at("before"), place.at("after"), place.at("screen")];
      writeFileSync(screen, "");
      const pid = place.at("pid");
      const top = [...SELF, "top", "--aeron-dir", place.aeronDir].map((word) => `'${word}'`).join(" ");
      // A terminal of its own, whose settings are written down before and after. Keys come when the picture is there.
      const inside = `stty -a > ${before}; (sh -c 'echo $PPID' > ${pid}; exec ${top}); echo "ended with $?"; stty -a > ${after}`;
      const { stdout } = await place.shell(
        '(until grep -q 1049h "$3"; do sleep 0.05; done; sh -c "$1" sh "$(cat "$4")") | TERM=xterm script -qefc "$2" "$3"',
        [ending, inside, screen, pid],
      );
      expect(stdout).toContain("\x1b[?1049h");
      expect(stdout.lastIndexOf(LEAVES_ALTERNATE_SCREEN)).toBeGreaterThan(stdout.lastIndexOf("\x1b[?1049h"));
      expect(stdout).toContain(`ended with ${code}`);
      expect(readFileSync(after, "utf8")).toBe(readFileSync(before, "utf8"));
    },
    PROCESS_TEST_MS,
  );
}
