import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Attribute,
  type FrameLayout,
  openSource,
  type Sink,
  type SinkFrame,
  type Source,
} from "../../src/io/index.ts";

/** Memory that the engine does not move, as a slot's. */
export function pinned(byteLength: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(byteLength));
}

/** Lets callbacks of the thread pool run. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

export interface ReadFrame {
  readonly layout: FrameLayout;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Reads frames as a producer does, until the end or `limit`. */
export async function readFrames(source: Source, limit = Number.POSITIVE_INFINITY): Promise<ReadFrame[]> {
  const frames: ReadFrame[] = [];
  while (frames.length < limit) {
    const state = source.poll(0);
    if (state === "end") break;
    if (state === "idle") {
      await turn();
      continue;
    }
    const { layout } = source;
    const bytes = pinned(layout.byteLength);
    while (source.fill(bytes, 0) === "more") await turn();
    frames.push({ layout, bytes });
  }
  return frames;
}

/** Opens a source, reads all of it and closes it. */
export async function readAll(spec: string, options: Parameters<typeof openSource>[1] = {}): Promise<ReadFrame[]> {
  const source = await openSource(spec, options);
  try {
    return await readFrames(source);
  } finally {
    source.close();
  }
}

/** A frame as a consumer hands it to a sink. */
export function sinkFrame(
  layout: FrameLayout,
  bytes: Uint8Array,
  { seq = 0, ageNs = 1_000, attributes = [] as readonly Attribute[] } = {},
): SinkFrame {
  return { ...layout, seq, timestampNs: 0n, ageNs, metaVersion: attributes.length === 0 ? 0 : 1, attributes, bytes };
}

/** Gives a sink frames as a consumer does, waiting for room, and completes it. */
export async function writeAll(sink: Sink, frames: readonly SinkFrame[]): Promise<void> {
  for (const frame of frames) {
    while (!sink.hasRoom) {
      sink.doWork(0);
      await turn();
    }
    sink.accept(frame);
    sink.settle(true);
    sink.doWork(0);
  }
  await drain(sink);
  await sink.close();
}

/** Works until everything accepted is written. */
export async function drain(sink: Sink): Promise<void> {
  while (!sink.drained) {
    sink.doWork(0);
    await turn();
  }
  // A failure of the last write shows here.
  sink.doWork(0);
}

/** A folder that is gone when the test is over: `using folder = await temporaryFolder()`. */
export async function temporaryFolder(): Promise<Disposable & { path(name: string): string }> {
  const folder = await mkdtemp(join(tmpdir(), "tensorpool-io-"));
  return {
    path: (name) => join(folder, name),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The path of a committed fixture. */
export function fixture(name: string): string {
  return join(import.meta.dir, "../fixtures", name);
}
