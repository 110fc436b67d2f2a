import { describe, expect, test } from "bun:test";
import { formatRegionUri, parseRegionUri } from "../../src/shm/uri.ts";
import { creationErrorOf, refusalOf } from "../support/shm.ts";

describe("region URIs", () => {
  test("W-25: a path alone means no hugepages", () => {
    expect(parseRegionUri("shm:file?path=/dev/shm/a/header.ring")).toEqual({
      path: "/dev/shm/a/header.ring",
      requireHugepages: false,
    });
  });

  test("W-25: require_hugepages takes true and false", () => {
    expect(parseRegionUri("shm:file?path=/a|require_hugepages=true").requireHugepages).toBe(true);
    expect(parseRegionUri("shm:file?path=/a|require_hugepages=false").requireHugepages).toBe(false);
  });

  const rejected: [what: string, uri: string][] = [
    ["an empty text", ""],
    ["an unknown scheme", "file:///dev/shm/a"],
    ["an unknown backend", "shm:memfd?path=/a"],
    ["a scheme in capitals", "SHM:file?path=/a"],
    ["no parameters", "shm:file?"],
    ["an empty path", "shm:file?path="],
    ["an empty path before a parameter", "shm:file?path=|require_hugepages=true"],
    ["a relative path", "shm:file?path=a/b"],
    ["a space in the path", "shm:file?path=/a b"],
    ["a question mark in the path", "shm:file?path=/a?b"],
    ["a control character in the path", "shm:file?path=/a\nb"],
    ["a NUL in the path", "shm:file?path=/a\0b"],
    ["a character beyond ASCII in the path", "shm:file?path=/ä"],
    ["a delete character in the path", "shm:file?path=/a\x7f"],
    ["an unknown parameter", "shm:file?path=/a|mode=rw"],
    ["an empty parameter", "shm:file?path=/a|"],
    ["a repeated path", "shm:file?path=/a|path=/b"],
    ["a repeated require_hugepages", "shm:file?path=/a|require_hugepages=true|require_hugepages=true"],
    ["another truth value", "shm:file?path=/a|require_hugepages=1"],
    ["an empty truth value", "shm:file?path=/a|require_hugepages="],
    ["a truth value in capitals", "shm:file?path=/a|require_hugepages=TRUE"],
    ["a parameter before the path", "shm:file?require_hugepages=true|path=/a"],
    ["a leading space", " shm:file?path=/a"],
    ["a trailing newline", "shm:file?path=/a\n"],
  ];
  for (const [what, uri] of rejected) {
    test(`W-25: ${what} is rejected`, () => {
      const error = refusalOf(() => parseRegionUri(uri));
      expect(error.code).toBe("uri-invalid");
      expect(error.rule).toBe("W-25");
      expect(error.message).toStartWith("region refused: ");
    });
  }

  test("W-31: a refusal shows foreign text in one bounded line", () => {
    const error = refusalOf(() => parseRegionUri(`shm:file?path=/\x1b[2J\n${"a".repeat(5000)}`));
    expect(error.message).not.toMatch(/[\n\x1b]/);
    expect(error.message.length).toBeLessThan(1000);
  });

  test("W-25: a path that the grammar cannot express is not announced", () => {
    for (const path of ["relative", "/with space", "/pipe|", "/question?", "/ä", ""]) {
      expect(creationErrorOf(() => formatRegionUri({ path, requireHugepages: false })).rule).toBe("W-25");
    }
  });
});
