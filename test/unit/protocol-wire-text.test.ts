import { expect, test } from "bun:test";
import { controlPublicationChannel, MAX_MESSAGE_BYTES } from "../../src/aeron/channel.ts";
import { textAttribute } from "../../src/protocol/attribute.ts";
import { parseFallbackUri } from "../../src/protocol/fallback-uri.ts";
import { MAX_META_BYTES, metaBytes, requireAttributes, requireSourceText } from "../../src/protocol/wire-text.ts";
import { DataSourceMetaEncoder, toAscii } from "../../src/sbe/index.ts";

test("derived text is made fit: what US-ASCII does not have becomes an escape that can be read", () => {
  expect(toAscii("/data/Größe/a.npy")).toBe("/data/Gr\\u00f6\\u00dfe/a.npy");
  expect(toAscii("a\u{1f4f7}b\n\x7f")).toBe("a\\ud83d\\udcf7b\\u000a\\u007f");
});

test("given text is checked, and the error says what may be given", () => {
  expect(() => requireSourceText("camera 1", "")).not.toThrow();
  expect(() => requireSourceText("Kamera-ä", "")).toThrow(
    'expected 1 to 256 characters of printable US-ASCII as the name of a data source, found "Kamera-ä"',
  );
  for (const name of ["", "a\nb", "n".repeat(257)]) expect(() => requireSourceText(name, "")).toThrow("the name of");
  expect(() => requireSourceText("a", "Größe")).toThrow("the summary of a data source");
  expect(() => requireSourceText(7 as unknown as string, "")).toThrow("found number");
  expect(() => requireAttributes([textAttribute("größe", "x")])).toThrow("the key of an attribute");
  expect(() => requireAttributes([{ ...textAttribute("size", "x"), format: "ä" }])).toThrow("the format of attribute");
  const untyped = { key: "size", format: "text/plain", value: "7" as unknown as Uint8Array };
  expect(() => requireAttributes([untyped])).toThrow("textAttribute makes one");
  expect(() => requireAttributes([textAttribute("größe".replace(/[^a-z]/g, ""), "Größe 漢")])).not.toThrow();
  expect(parseFallbackUri("aeron:udp?endpoint=größe:1")).toStartWith("expected aeron:ipc");
  expect(parseFallbackUri(`bridge://${"x".repeat(1024)}`)).toBe("expected at most 1024 characters, found 1033");
});

test("attributes have one limit together, which is that of a message", () => {
  const large = textAttribute("large", "x".repeat(MAX_META_BYTES - 100));
  expect(() => requireAttributes([large])).not.toThrow();
  expect(() => requireAttributes([large, textAttribute("more", "x".repeat(100))])).toThrow(
    `expected attributes of at most 1048576 bytes together, found 1048657 bytes; the largest is "large" with 1048476`,
  );
  const view = new DataView(new ArrayBuffer(2 * MAX_META_BYTES));
  const message = new DataSourceMetaEncoder().wrap(view, 0, view.byteLength).setStreamId(1).setMetaVersion(1);
  const group = message.setTimestampNs(0, 1).attributesCount(1);
  group.next();
  group.putKey(large.key).putFormat(large.format).putValue(large.value);
  expect(metaBytes([large])).toBe(message.encodedLength);
});

test("terms of messages are the smallest that take the longest one", () => {
  const termOf = (bytes: number): number =>
    Number(/term-length=(\d+)/.exec(controlPublicationChannel("aeron:ipc", bytes))?.[1]);
  expect([0, 8192, 8193, 16_385, MAX_MESSAGE_BYTES, 2 ** 30].map(termOf)).toEqual([
    65_536, 65_536, 131_072, 262_144, 8_388_608, 8_388_608,
  ]);
  expect(controlPublicationChannel("aeron:ipc?term-length=64k", 9000)).toContain("term-length=64k|");
});
