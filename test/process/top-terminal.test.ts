import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { Place, SELF } from "../support/place.ts";
import { PROCESS_TEST_MS } from "../support/until.ts";

const LEAVES_ALTERNATE_SCREEN = "\x1b[?25h\x1b[?1049l";

for (const [name, typed, wrapper, code] of [
  ["q", "q", [], 0],
  ["Ctrl-C", "\x03", [], 130],
  ["SIGTERM", "", ["timeout", "--preserve-status", "--foreground", "2"], 0],
] as const) {
  test(
    `top leaves the terminal as it was: ended by ${name}`,
    async () => {
      await using place = new Place();
      await place.mediaDriver();
      const [before, after, screen] = [place.at("before"), place.at("after"), place.at("screen")];
      writeFileSync(screen, "");
      const top = [...wrapper, ...SELF, "top", "--aeron-dir", place.aeronDir].map((word) => `'${word}'`).join(" ");
      // A terminal of its own, whose settings are written down before and after. Keys come when the picture is there.
      const inside = `stty -a > ${before}; ${top}; echo "ended with $?"; stty -a > ${after}`;
      const { stdout } = await place.shell(
        '(until grep -q 1049h "$3"; do sleep 0.05; done; printf "$1") | TERM=xterm script -qefc "$2" "$3"',
        [typed, inside, screen],
      );
      expect(stdout).toContain("\x1b[?1049h");
      expect(stdout.lastIndexOf(LEAVES_ALTERNATE_SCREEN)).toBeGreaterThan(stdout.lastIndexOf("\x1b[?1049h"));
      expect(stdout).toContain(`ended with ${code}`);
      expect(readFileSync(after, "utf8")).toBe(readFileSync(before, "utf8"));
    },
    PROCESS_TEST_MS,
  );
}
