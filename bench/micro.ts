// Single steps of the data path, in one process: npm run bench -- micro
import { bench, do_not_optimize, group, run } from "mitata";
import { RoleSetUp } from "../src/cli/bench/worker/role-set-up.ts";
import { Workspace } from "../src/cli/bench/workspace.ts";
import { FrameHeader } from "../src/protocol/frame-header.ts";
import { findHeaderFault } from "../src/protocol/frame-validation.ts";
import { FrameDescriptorDecoder, FrameDescriptorEncoder } from "../src/sbe/generated/control/index.ts";
import { HeaderRing } from "../src/shm/header-ring.ts";

const BYTES = 64;
const SLOTS = 64;
const SHAPE = { dtype: "uint8", dims: [BYTES] } as const;

using workspace = new Workspace();
const setUp = new RoleSetUp({ ...workspace.place(), embedded: true, idle: "busy-spin" });
const producer = setUp.addProducer({ streamId: 1, slots: SLOTS, payloadBytes: BYTES, flow: "drop" });
const consumer = setUp.addConsumer(1);
while (!consumer.isMapped) setUp.scheduler.step();

/** The Aeron client times out if it is not run for ten seconds, and each step here takes longer. */
let calls = 0;
function breathe(): void {
  if ((++calls & 4095) === 0) setUp.scheduler.step();
}

const view = new DataView(new ArrayBuffer(FrameDescriptorEncoder.ENCODED_LENGTH));
const encoder = new FrameDescriptorEncoder();
const decoder = new FrameDescriptorDecoder();
encoder.wrap(view, 0, view.byteLength);

group("codec", () => {
  let seq = 0;
  bench("FrameDescriptor: five fields written", () => {
    breathe();
    seq++;
    encoder
      .setSeqNumber(seq)
      .setHeaderIndex(seq & 63)
      .setMetaVersion(1);
    encoder.setTimestampNs(seq, seq);
  });
  bench("FrameDescriptor: checked, and two fields read", () => {
    breathe();
    decoder.wrap(view, 0, view.byteLength);
    do_not_optimize(decoder.seqNumber + decoder.headerIndex);
  });
});

group("commit protocol", () => {
  // The slots of frames of the next epoch: no consumer reads this ring through descriptors.
  const ring = new HeaderRing(producer.regions.headerRing.mapping, SLOTS);
  const header = new FrameHeader();
  Object.assign(header, { valuesLenBytes: BYTES, poolId: 1, dtype: 1, majorOrder: 1, ndims: 1 });
  header.dims[0] = BYTES;
  let seq = 0;
  bench("marked, header written, committed", () => {
    breathe();
    seq++;
    const index = ring.indexOf(seq);
    header.frameId = seq;
    header.payloadSlot = index;
    ring.markWriting(index, seq);
    ring.writeHeader(index, header);
    ring.commit(index, seq);
  });
  const read = new FrameHeader();
  bench("commit word, header read and checked, commit word again", () => {
    breathe();
    const index = ring.indexOf(seq);
    do_not_optimize(ring.hasCommitWord(index, seq * 2));
    ring.readHeader(index, read);
    do_not_optimize(findHeaderFault(read, index, 4096));
    do_not_optimize(ring.stillHasCommitWord(index, seq * 2));
  });
});

group("claim and poll", () => {
  const onFrame = (): void => undefined;
  bench("claim, touch, commit, publish (the window may be full)", () => {
    breathe();
    const claim = producer.tryClaim(BYTES);
    if (claim === null) throw new Error(`expected a slot, found ${producer.lastRefusal}`);
    claim.bytes[0] = 1;
    claim.commit(SHAPE);
  });
  bench("the same, and a poll that takes it", () => {
    breathe();
    const claim = producer.tryClaim(BYTES);
    claim?.commit(SHAPE);
    do_not_optimize(consumer.poll(onFrame));
  });
  bench("a poll that finds nothing", () => {
    breathe();
    do_not_optimize(consumer.poll(onFrame));
  });
  bench("a cycle of everybody that finds nothing, the media driver's included", () => {
    breathe();
    do_not_optimize(setUp.scheduler.step());
  });
});

await run();
await setUp.scheduler.close();
