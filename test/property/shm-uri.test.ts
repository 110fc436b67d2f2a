import { expect, test } from "bun:test";
import fc from "fast-check";
import { RegionError } from "../../src/shm/errors.ts";
import { formatRegionUri, parseRegionUri } from "../../src/shm/uri.ts";

const visible = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
const pathCharacter = visible.filter((character) => character !== "?" && character !== "|");
const path = fc.array(pathCharacter, { maxLength: 200 }).map((characters) => `/${characters.join("")}`);

test("W-25: every URI that can be written is read back as it was", () => {
  fc.assert(
    fc.property(path, fc.boolean(), (path, requireHugepages) => {
      const uri = { path, requireHugepages };
      expect(parseRegionUri(formatRegionUri(uri))).toEqual(uri);
    }),
  );
});

test("W-25: any other text is either a URI in full or refused, and never throws anything else", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 100 }),
    fc
      .array(fc.constantFrom("shm:file?", "path=", "/a", "|", "require_hugepages=", "true", "false", " ", "?", "\0"), {
        maxLength: 8,
      })
      .map((parts) => parts.join("")),
    fc.tuple(path, fc.string({ maxLength: 5 })).map(([path, tail]) => `shm:file?path=${path}${tail}`),
  );
  fc.assert(
    fc.property(text, (text) => {
      try {
        const uri = parseRegionUri(text);
        const written = formatRegionUri(uri);
        expect([written, `${written}|require_hugepages=false`]).toContain(text);
      } catch (error) {
        if (!(error instanceof RegionError)) throw error;
        expect(error.rule).toBe("W-25");
      }
    }),
    { numRuns: 2000 },
  );
});
