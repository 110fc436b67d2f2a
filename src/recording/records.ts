import type { ByteBuilder } from "./byte-builder.ts";
import { MESSAGE_INDEX_ENTRY_BYTES, Opcode } from "./layout.ts";

/** The schema of a message; id 0 stands for none. */
export interface SchemaRecord {
  readonly id: number;
  readonly name: string;
  readonly encoding: string;
  readonly data: Uint8Array;
}

export interface ChannelRecord {
  readonly id: number;
  readonly schemaId: number;
  readonly topic: string;
  readonly messageEncoding: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface MetadataRecord {
  readonly name: string;
  readonly entries: Readonly<Record<string, string>>;
}

export interface AttachmentRecord {
  readonly name: string;
  readonly mediaType: string;
  readonly data: Uint8Array;
  readonly logTime: bigint;
}

/** The place of a record in the file, including its head. */
export interface RecordPlace {
  readonly offset: number;
  readonly byteLength: number;
}

export function putHeader(to: ByteBuilder, profile: string, library: string): void {
  const at = to.begin(Opcode.HEADER);
  to.text(profile);
  to.text(library);
  to.end(at);
}

export function putSchema(to: ByteBuilder, schema: SchemaRecord): void {
  const at = to.begin(Opcode.SCHEMA);
  to.u16(schema.id);
  to.text(schema.name);
  to.text(schema.encoding);
  to.blob(schema.data);
  to.end(at);
}

export function putChannel(to: ByteBuilder, channel: ChannelRecord): void {
  const at = to.begin(Opcode.CHANNEL);
  to.u16(channel.id);
  to.u16(channel.schemaId);
  to.text(channel.topic);
  to.text(channel.messageEncoding);
  to.textMap(channel.metadata);
  to.end(at);
}

export function putMetadata(to: ByteBuilder, metadata: MetadataRecord): void {
  const at = to.begin(Opcode.METADATA);
  to.text(metadata.name);
  to.textMap(metadata.entries);
  to.end(at);
}

export function putMetadataIndex(to: ByteBuilder, place: RecordPlace, name: string): void {
  const at = to.begin(Opcode.METADATA_INDEX);
  to.u64(place.offset);
  to.u64(place.byteLength);
  to.text(name);
  to.end(at);
}

export function putAttachment(to: ByteBuilder, { name, mediaType, data, logTime }: AttachmentRecord): void {
  const at = to.begin(Opcode.ATTACHMENT);
  putTime(to, logTime);
  putTime(to, logTime);
  to.text(name);
  to.text(mediaType);
  to.u64(data.length);
  to.raw(data);
  // A CRC of 0 means none.
  to.u32(0);
  to.end(at);
}

export function putAttachmentIndex(to: ByteBuilder, place: RecordPlace, attachment: AttachmentRecord): void {
  const at = to.begin(Opcode.ATTACHMENT_INDEX);
  to.u64(place.offset);
  to.u64(place.byteLength);
  putTime(to, attachment.logTime);
  putTime(to, attachment.logTime);
  to.u64(attachment.data.length);
  to.text(attachment.name);
  to.text(attachment.mediaType);
  to.end(at);
}

export function putDataEnd(to: ByteBuilder): void {
  const at = to.begin(Opcode.DATA_END);
  // CRC of the data section: 0 means none.
  to.u32(0);
  to.end(at);
}

export function putSummaryOffset(to: ByteBuilder, groupOpcode: number, start: number, byteLength: number): void {
  const at = to.begin(Opcode.SUMMARY_OFFSET);
  to.u8(groupOpcode);
  to.u64(start);
  to.u64(byteLength);
  to.end(at);
}

/** `summaryOffsetStart` 0: there are no summary offsets; CRC 0: none. */
export function putFooter(to: ByteBuilder, summaryStart: number, summaryOffsetStart: number): void {
  const at = to.begin(Opcode.FOOTER);
  to.u64(summaryStart);
  to.u64(summaryOffsetStart);
  to.u32(0);
  to.end(at);
}

/** Begins the MessageIndex of a channel with room for its number of entries, which follow by `putIndexEntry`. */
export function putMessageIndexHead(to: ByteBuilder, channelId: number, entries: number): void {
  to.u8(Opcode.MESSAGE_INDEX);
  to.u64(2 + 4 + entries * MESSAGE_INDEX_ENTRY_BYTES);
  to.u16(channelId);
  to.u32(entries * MESSAGE_INDEX_ENTRY_BYTES);
}

export function putIndexEntry(to: ByteBuilder, timeHigh: number, timeLow: number, offset: number): void {
  to.words(timeHigh, timeLow);
  to.u64(offset);
}

function putTime(to: ByteBuilder, time: bigint): void {
  to.words(Number(time >> 32n), Number(time & 0xffff_ffffn));
}
