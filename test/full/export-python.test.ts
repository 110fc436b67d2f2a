import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { contiguousByteLength, DTYPE_NAMES, type Dtype } from "../../src/protocol/dtype.ts";
import { DESCR_OF_DTYPE } from "../../src/protocol/numpy-descr.ts";
import { framePattern, START_NS, TestFile } from "../support/mcap-file.ts";
import { installPython, runCommand } from "../support/mcap-python.ts";
import { SELF } from "../support/place.ts";
import { TestFolder } from "../support/test-folder.ts";

const PACKAGES = ["numpy==2.4.6", "zarr==3.1.6", "fsspec==2026.9.0", "h5py==3.16.0"];
const FRAMES = 40;
/** More than one dataset of HDF5 has segments. */
const MANY = 6000;

let folder: TestFolder;
let python: string;
beforeAll(async () => {
  folder = new TestFolder();
  python = await installPython(join(folder.path, "python"), PACKAGES);
}, 600_000);
afterAll(() => folder.remove());

interface Stream {
  readonly name: string;
  readonly dtype: Dtype;
  readonly dims: readonly number[];
  readonly isColumn: boolean;
  readonly count: number;
}

const STREAMS: readonly Stream[] = [
  ...DTYPE_NAMES.flatMap((dtype) => [
    { name: dtype, dtype, dims: [4, 6], isColumn: false, count: FRAMES },
    { name: `${dtype}-column`, dtype, dims: [2, 3, 4], isColumn: true, count: FRAMES },
  ]),
  { name: "scalar", dtype: "float64", dims: [], isColumn: false, count: FRAMES },
  { name: "many", dtype: "uint16", dims: [2, 3], isColumn: false, count: MANY },
];

/** Booleans are 0 and 1 for NumPy. */
function valuesOf({ dtype, dims }: Stream, seq: number): Uint8Array<ArrayBuffer> {
  const bytes = framePattern(contiguousByteLength(dtype, dims), seq);
  return dtype === "bool" ? bytes.map((byte) => byte % 2) : bytes;
}

test("NumPy, zarr and h5py read every export equal", async () => {
  const path = join(folder.path, "all.mcap");
  const file = await TestFile.create(path, { library: "tensorpool 0.1.0" });
  for (const [i, stream] of STREAMS.entries()) {
    const { dtype, dims, isColumn, count, name } = stream;
    const order = isColumn ? { majorOrder: "column" as const } : {};
    for (let seq = 0; seq < count; seq++) {
      const logTimeNs = START_NS + BigInt(seq) * 1000n + BigInt(i);
      await file.frame({ dtype, dims, ...order, bytes: valuesOf(stream, seq), seq, streamId: i + 1, name, logTimeNs });
    }
  }
  await file.end();
  const [npy, kerchunk, hdf5] = ["npy", "run.json", "run.h5"].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ];
  for (const to of [`npy:${npy}`, `kerchunk:${kerchunk}`, `hdf5:${hdf5}`]) {
    await runCommand([...SELF, "export", path, "--to", to, "-q"]);
  }
  const script = join(import.meta.dir, "../fixtures/read_exports.py");
  const lines = (await runCommand([python, script, npy, kerchunk, hdf5])).trim().split("\n");
  const rows = new Map(lines.map((line) => JSON.parse(line)).map((row) => [`${row.how} ${row.group}`, row]));
  for (const stream of STREAMS) {
    const { name, dtype, dims, isColumn, count } = stream;
    const isPacked = dtype === "bit";
    const sha1 = Array.from({ length: count }, (_, seq) =>
      new Bun.CryptoHasher("sha1").update(valuesOf(stream, seq)).digest("hex"),
    );
    const shape = isPacked ? [contiguousByteLength(dtype, dims)] : [...dims];
    const numbers = {
      seq: Array.from({ length: count }, (_, seq) => seq),
      time: Array.from({ length: count }, (_, seq) => String(seq * 1_000_000)),
    };
    const expected = { dtype: DESCR_OF_DTYPE[dtype], shape, sha1 };
    expect(rows.get(`npy ${name}`)).toMatchObject(expected);
    expect(rows.get(`kerchunk ${name}`)).toMatchObject({ ...expected, ...numbers });
    expect(rows.get(`hdf5 ${name}`)).toMatchObject({
      ...expected,
      shape: isColumn ? [...shape].reverse() : shape,
      ...numbers,
    });
  }
}, 600_000);
