import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { stringify } from "smol-toml";
import { GENERAL_KEY_NAMES, GENERAL_KEYS, type GeneralKeyName, GeneralSettings } from "../../src/config/index.ts";
import { TomlDocument } from "../../src/config/toml-document.ts";
import { locateKeys } from "../../src/config/toml-locator.ts";
import { formatPath } from "../../src/config/toml-path.ts";
import { configFile } from "../support/config-schema.ts";

const names = fc.stringMatching(/^[a-z][a-z0-9_-]{0,11}$/);
const words = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }).filter((word) => !word.includes("\0"));
const aeronIds = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const channels = fc.stringMatching(/^aeron:(ipc|udp)(\?[a-z-]{1,9}=[a-z0-9"\\|#]{0,9})?$/);
const paths = fc.stringMatching(/^\/[a-z0-9/ "'\\#=]{1,20}$/);
const pools = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 12, max: 21 })), {
    minLength: 1,
    maxLength: 5,
    selector: ([id]) => id,
  })
  .map((all) => all.map(([pool_id, shift]) => ({ pool_id, stride_bytes: 2 ** shift })));

const driver = fc.record(
  { instance_id: words, aeron_dir: paths, control_stream_id: aeronIds, qos_channel: channels },
  { requiredKeys: [] },
);
const shm = fc.record(
  {
    base_dir: paths,
    allowed_base_dirs: fc.array(paths, { minLength: 1, maxLength: 3 }),
    require_hugepages: fc.boolean(),
    permissions_mode: fc.constantFrom("600", "660"),
  },
  { requiredKeys: [] },
);
const policies = fc.record(
  {
    announce_period_ms: fc.integer({ min: 1, max: 86_400_000 }),
    epoch_gc_min_age_ns: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    // It goes over the wire, which carries US-ASCII alone.
    shutdown_token: fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 40 }),
    mlock_shm: fc.boolean(),
  },
  { requiredKeys: [] },
);
const profiles = fc.dictionary(
  names,
  fc.record({ header_nslots: fc.integer({ min: 0, max: 22 }).map((shift) => 2 ** shift), payload_pools: pools }),
  { minKeys: 1, maxKeys: 3, noNullPrototype: true },
);
const streams = fc
  .uniqueArray(
    fc.record({ name: names, stream_id: fc.integer({ min: 1, max: 0xffff_fffe }), descriptor_stream_id: aeronIds }),
    {
      maxLength: 4,
      selector: ({ stream_id }) => stream_id,
    },
  )
  .map((all) => Object.fromEntries(all.map(({ name, ...stream }) => [name, stream])));

/** The entries of `[profiles]` or `[streams]` with the keys that the file sets. */
function namedTable(settings: GeneralSettings, table: "profiles" | "streams"): Record<string, Record<string, unknown>> {
  const entries = new Map<string, Record<string, unknown>>();
  for (const { name, leaf, value, origin } of settings.entries(table)) {
    if (origin.kind === "file") entries.set(name, { ...entries.get(name), [leaf]: value });
  }
  return Object.fromEntries(entries);
}

function writtenSection(settings: GeneralSettings, section: string): Record<string, unknown> {
  const keys = GENERAL_KEY_NAMES.filter((key) => key.startsWith(`${section}.`) && settings.written(key) !== null);
  return Object.fromEntries(keys.map((key) => [key.slice(section.length + 1), settings.written(key)]));
}

describe("settings written as TOML", () => {
  test("a valid configuration is read as what it is", () => {
    fc.assert(
      fc.property(fc.record({ driver, shm, policies, profiles, streams }), (config) => {
        const settings = new GeneralSettings(configFile(stringify(config)), {});
        for (const section of ["driver", "shm", "policies"] as const) {
          for (const [key, value] of Object.entries(config[section])) {
            const name = `${section}.${key}` as GeneralKeyName;
            expect(settings.written(name)).toEqual(value);
            expect(settings.origin(name).kind).toBe("file");
          }
        }
        const written = { profiles: namedTable(settings, "profiles"), streams: namedTable(settings, "streams") };
        expect(written).toEqual({ profiles: config.profiles, streams: config.streams });
      }),
      { numRuns: 200 },
    );
  });

  test("what is printed of any settings is read as the same settings", () => {
    fc.assert(
      fc.property(fc.record({ driver, shm, policies, profiles, streams }), (config) => {
        const first = new GeneralSettings(configFile(stringify(config)), {});
        const printed = Object.fromEntries(
          ["driver", "shm", "policies"].map((section) => [section, writtenSection(first, section)]),
        );
        const second = new GeneralSettings(configFile(stringify({ profiles: config.profiles, ...printed })), {});
        for (const key of GENERAL_KEY_NAMES) expect(second.get(key)).toEqual(first.get(key) as never);
      }),
      { numRuns: 100 },
    );
  });

  test("a setting's text form is read as the value that its TOML form has", () => {
    const keys = GENERAL_KEY_NAMES.filter((key) => GENERAL_KEYS[key].default !== null);
    for (const key of keys) {
      const { type, default: literal } = GENERAL_KEYS[key];
      const document = new TomlDocument("x", `value = ${literal}`);
      const { value } = document.root;
      expect(type.parse(String(value))).toEqual(type.read(value as never) as never);
    }
  });
});

describe("where keys stand", () => {
  const keys = fc.oneof(names, words);
  const scalars = fc.oneof(fc.integer(), fc.boolean(), words, fc.double({ noNaN: true, noDefaultInfinity: true }));
  const trees = fc.letrec<{ tree: object; value: unknown }>((tie) => ({
    tree: fc.dictionary(keys, tie("value"), { maxKeys: 5, noNullPrototype: true }) as fc.Arbitrary<object>,
    value: fc.oneof(
      { depthSize: "small", maxDepth: 3 },
      scalars,
      fc.array(scalars, { maxLength: 3 }),
      fc.array(tie("tree"), { minLength: 1, maxLength: 3 }),
      tie("tree"),
    ),
  }));

  /** The places of every scalar. */
  function* leaves(value: unknown, path: (string | number)[] = []): Generator<(string | number)[]> {
    if (typeof value !== "object" || value === null) yield path;
    else if (Array.isArray(value)) for (const [i, each] of value.entries()) yield* leaves(each, [...path, i]);
    else for (const [key, each] of Object.entries(value)) yield* leaves(each, [...path, key]);
  }

  test("a document cut off after the line of a key has that key, and cut off before it does not", () => {
    fc.assert(
      fc.property(trees.tree, (tree) => {
        const text = stringify(tree);
        const lines = text.split("\n");
        const document = new TomlDocument("x", text);
        const prefixes = [...lines.keys()].map((count) => {
          const { root } = new TomlDocument("x", lines.slice(0, count).join("\n"));
          return new Set([...leaves(root)].map(formatPath));
        });
        for (const path of leaves(tree)) {
          const line = document.lineOf(path);
          expect(prefixes[line]?.has(formatPath(path))).toBe(true);
          expect(prefixes[line - 1]?.has(formatPath(path))).toBe(false);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("any text at all comes to an end", () => {
    const pieces = fc.constantFrom("[", "]", "{", "}", '"', "'", '"""', "=", ".", ",", "#", "\n", "\\", "a", " ", "1");
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (text) => {
        expect(locateKeys(text.join(""))).toBeInstanceOf(Map);
      }),
      { numRuns: 2000 },
    );
  });
});
