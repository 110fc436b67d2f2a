import { readFileSync } from "node:fs";

/** What an executable or shared library requires of the system that loads it. */
export interface ElfFile {
  /** As in `process.arch`; "machine 0x.." for others. */
  readonly arch: string;
  /** Libraries that it is linked with. */
  readonly libraries: readonly string[];
  /** The newest glibc version that its symbols require, e.g. "2.17"; null if it requires none. */
  readonly glibc: string | null;
  /** Names of the functions and objects that it exports. */
  readonly defined: ReadonlySet<string>;
}

const MACHINES: Readonly<Record<number, string>> = { 62: "x64", 183: "arm64" };
const IDENT_64_BIT_LITTLE_ENDIAN = "\x7fELF\x02\x01";
const SECTION = { type: 4, offset: 24, size: 32, link: 40 } as const;
const SHT = { dynamic: 6, dynamicSymbols: 11, neededVersions: 0x6ffffffe } as const;
const DT_NEEDED = 1;
const SYMBOL_BYTES = 24;
const DYNAMIC_BYTES = 16;

interface Section {
  readonly type: number;
  readonly offset: number;
  readonly size: number;
  /** Index of the section with the texts that this one refers to. */
  readonly link: number;
}

/** Reads a 64-bit little-endian ELF file. @throws Error if it is not one */
export function readElf(path: string): ElfFile {
  const bytes = readFileSync(path);
  if (bytes.subarray(0, 6).toString("latin1") !== IDENT_64_BIT_LITTLE_ENDIAN) {
    throw new Error(`${path}: expected a 64-bit little-endian ELF file, found another one`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sections = sectionsOf(view);
  const textAt = (section: Section, offset: number): string => {
    const start = (sections[section.link]?.offset ?? 0) + offset;
    return bytes.subarray(start, bytes.indexOf(0, start)).toString("latin1");
  };
  const machine = view.getUint16(18, true);
  return {
    arch: MACHINES[machine] ?? `machine 0x${machine.toString(16)}`,
    libraries: librariesOf(view, sections, textAt),
    glibc: newest(versionsOf(view, sections, textAt).flatMap((name) => /^GLIBC_([\d.]+)$/.exec(name)?.[1] ?? [])),
    defined: definedOf(view, sections, textAt),
  };
}

/** The newest of version numbers such as "2.17"; null for an empty list. */
export function newest(versions: readonly string[]): string | null {
  return [...versions].sort(compareVersions).at(-1) ?? null;
}

/** Negative if `a` is older than `b`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split(".").map(Number), b.split(".").map(Number)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

type TextAt = (section: Section, offset: number) => string;

function sectionsOf(view: DataView): Section[] {
  const start = Number(view.getBigUint64(40, true));
  const [entryBytes, count] = [view.getUint16(58, true), view.getUint16(60, true)];
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * entryBytes;
    return {
      type: view.getUint32(at + SECTION.type, true),
      offset: Number(view.getBigUint64(at + SECTION.offset, true)),
      size: Number(view.getBigUint64(at + SECTION.size, true)),
      link: view.getUint32(at + SECTION.link, true),
    };
  });
}

function librariesOf(view: DataView, sections: readonly Section[], textAt: TextAt): string[] {
  return entriesOf(sections, SHT.dynamic, DYNAMIC_BYTES).flatMap(({ section, at }) =>
    view.getBigUint64(at, true) === BigInt(DT_NEEDED) ? textAt(section, Number(view.getBigUint64(at + 8, true))) : [],
  );
}

function definedOf(view: DataView, sections: readonly Section[], textAt: TextAt): Set<string> {
  const names = entriesOf(sections, SHT.dynamicSymbols, SYMBOL_BYTES).flatMap(({ section, at }) => {
    const isDefined = view.getUint16(at + 6, true) !== 0;
    return isDefined ? textAt(section, view.getUint32(at, true)) : [];
  });
  return new Set(names);
}

function entriesOf(sections: readonly Section[], type: number, entryBytes: number): { section: Section; at: number }[] {
  return sections
    .filter((section) => section.type === type)
    .flatMap((section) =>
      Array.from({ length: Math.floor(section.size / entryBytes) }, (_, index) => ({
        section,
        at: section.offset + index * entryBytes,
      })),
    );
}

/** Version names of other libraries' symbols, e.g. "GLIBC_2.17": one list per library; each entry has the offset of the next one. */
function versionsOf(view: DataView, sections: readonly Section[], textAt: TextAt): string[] {
  const names: string[] = [];
  for (const section of sections) {
    if (section.type !== SHT.neededVersions) continue;
    for (let library = section.offset, more = 1; more !== 0; library += more) {
      const count = view.getUint16(library + 2, true);
      let at = library + view.getUint32(library + 8, true);
      for (let i = 0; i < count; i++) {
        names.push(textAt(section, view.getUint32(at + 8, true)));
        at += view.getUint32(at + 12, true);
      }
      more = view.getUint32(library + 12, true);
    }
  }
  return names;
}
