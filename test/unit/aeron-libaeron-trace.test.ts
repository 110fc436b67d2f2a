import { describe, expect, test } from "bun:test";
import { findInTrace, withoutTrace } from "../../src/aeron/libaeron-trace.ts";

const CALL = "subscribing to aeron:udp?endpoint=10.255.255.1:4400 stream 1400";

/** A message as libaeron makes it: the causes from the outermost to the innermost, each with the functions that passed it on. */
function message(...causes: readonly string[]): string {
  return `${CALL} failed (-1): ${causes.map((cause) => `${cause}\n[aeron_function, aeron_file.c:42] in a function`).join("\n")}`;
}

describe("a message of libaeron", () => {
  test("is shown as the call, its last cause and that cause's detail", () => {
    const text = message("(-1) generic error", "(28) No space left on device");
    expect(withoutTrace(text)).toBe(`${CALL} failed: No space left on device (in a function)`);
  });

  test.each([
    ["(-9) unknown host", "no address is known for this host; check its name"],
    [
      "(99) Cannot assign requested address",
      "this machine has no such address; name one of its own, or 0.0.0.0 for all",
    ],
    ["(98) Address already in use", "another program uses this port; choose another one"],
  ])("%s: names the next step", (cause, step) => {
    expect(withoutTrace(message("(-1) generic error", cause))).toEndWith(`: ${step}`);
  });

  test("does not repeat a detail that is the cause", () => {
    const text = `${CALL} failed (-1): (-1) generic error\n(-9) unknown host\n[f, f.c:1] (-9) unknown host`;
    expect(withoutTrace(text)).toBe(`${CALL} failed: unknown host: no address is known for this host; check its name`);
  });

  test("of another form is shown as it is; a part of it is found by its pattern", () => {
    expect(withoutTrace("no trace at all")).toBe("no trace at all");
    expect(findInTrace(message("(-1) generic error", "(28) No space left on device"), /No space.*/)).toBe(
      "No space left on device",
    );
    expect(findInTrace("no trace at all", /No space/)).toBeNull();
  });
});
