import { describe, expect, test } from "bun:test";
import { attributeText, textAttribute } from "../../src/protocol/attribute.ts";
import { MetadataCache } from "../../src/roles/metadata-cache.ts";
import { DataSourceMetaDecoder, DataSourceMetaEncoder } from "../../src/sbe/generated/control/index.ts";

const STREAM_ID = 7;

function metaMessage(metaVersion: number, lens: string): DataSourceMetaDecoder {
  const view = new DataView(new ArrayBuffer(512));
  const encoder = new DataSourceMetaEncoder().wrap(view, 0, 512);
  encoder.setStreamId(STREAM_ID).setMetaVersion(metaVersion);
  const { key, format, value } = textAttribute("lens", lens);
  encoder.attributesCount(1).next().putKey(key).putFormat(format).putValue(value);
  const decoder = new DataSourceMetaDecoder();
  expect(decoder.wrap(view, 0, encoder.encodedLength)).toBe(null);
  return decoder;
}

describe("the metadata of a stream", () => {
  test("W-45: version 1 of a producer that was started again is not that of the producer before", () => {
    const cache = new MetadataCache(STREAM_ID);
    cache.beginEpoch(0, 1);
    cache.onMeta(metaMessage(1, "f/2.8"));
    cache.beginEpoch(0, 2);
    expect([cache.latestVersion, cache.has(1)]).toEqual([-1, false]);
    cache.onMeta(metaMessage(1, "f/4"));
    expect(attributeText(cache.of(1), "lens")).toBe("f/4");
  });

  test("the same epoch, announced again, keeps what is known; so does the first announce", () => {
    const cache = new MetadataCache(STREAM_ID);
    cache.onMeta(metaMessage(3, "f/2.8"));
    cache.beginEpoch(1, 0);
    cache.beginEpoch(1, 0);
    expect(attributeText(cache.latest, "lens")).toBe("f/2.8");
  });
});
