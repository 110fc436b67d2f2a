// Publishes streams that are worth a look, until it is ended:
//   bun view-scene.ts AERON_DIR SHM_DIR
import { TensorPool } from "../../src/index.ts";

const [aeronDir = "", shmDir = ""] = process.argv.slice(2);
await using pool = await TensorPool.connect({ aeronDir, shmDir, mediaDriver: "embedded" });

interface Scene {
  readonly name: string;
  readonly dtype: "uint8" | "uint16" | "float32";
  readonly dims: readonly number[];
  /** Frames for each turn of the loop, which lasts 40 ms. */
  readonly perTurn: number;
  fill(values: Uint8Array | Uint16Array | Float32Array, t: number): void;
}

/** Rings of a powder with a moving beam stop and some bright spots. */
function diffraction(values: Uint8Array | Uint16Array | Float32Array, t: number): void {
  const [width, height] = [640, 512];
  const [cx, cy] = [320 + 12 * Math.sin(t / 3), 250 + 8 * Math.cos(t / 4)];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const r = Math.hypot(x - cx, y - cy);
      const rings = Math.exp(-((((r / 46) % 1) - 0.5) ** 2) * 90) * Math.exp(-r / 190) * 9000;
      const angle = Math.atan2(y - cy, x - cx);
      const spots = rings * (0.55 + 0.45 * Math.cos(angle * 6 + t / 2 + r / 60));
      const noise = ((x * 7919 + y * 104_729 + Math.floor(t * 25) * 31) % 97) * 2;
      values[y * width + x] = r < 26 ? 40 : 420 + spots + noise + 2600 * Math.exp(-r / 60);
    }
  }
}

/** A spectrum with peaks that breathe. */
function spectrum(values: Uint8Array | Uint16Array | Float32Array, t: number): void {
  const peaks = [
    [180, 8, 0.8],
    [420, 14, 1],
    [455, 10, 0.55],
    [760, 22, 0.7],
  ] as const;
  for (let i = 0; i < 1024; i++) {
    let sum = 0.05 + 0.02 * Math.sin(i / 90) + 0.012 * Math.sin(i * 12.9898 + t * 78);
    for (const [at, width, tall] of peaks) {
      sum += tall * (1 + 0.15 * Math.sin(t + at)) * Math.exp(-(((i - at) / width) ** 2));
    }
    values[i] = sum;
  }
}

/** A sunset over waves, in colour. */
function colours(values: Uint8Array | Uint16Array | Float32Array, t: number): void {
  const [width, height] = [480, 320];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      const sun = Math.exp(-(((x - 240) / 46) ** 2) - ((y - 170) / 46) ** 2);
      const sky = y / 205;
      const isSea = y > 205;
      const wave = isSea ? 0.5 + 0.5 * Math.sin(x / (3 + (y - 205) / 9) + y * 0.7 + t * 2) : 0;
      const glint = isSea ? Math.exp(-(((x - 240) / (18 + (y - 205) / 2)) ** 2)) * wave : 0;
      values[at] = Math.min(255, isSea ? 24 + 30 * wave + 210 * glint : 60 + 150 * sky + 180 * sun);
      values[at + 1] = Math.min(255, isSea ? 42 + 30 * wave + 130 * glint : 50 + 70 * sky + 150 * sun);
      values[at + 2] = Math.min(255, isSea ? 78 + 34 * wave + 50 * glint : 110 - 20 * sky + 60 * sun);
    }
  }
}

/** A volume over time: 2 channels, 24 layers. */
function volume(values: Uint8Array | Uint16Array | Float32Array, t: number): void {
  const [layers, height, width] = [24, 128, 160];
  for (let c = 0; c < 2; c++) {
    for (let z = 0; z < layers; z++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const [dx, dy, dz] = [(x - 80) / 34, (y - 64) / 34, (z - 12) / 15];
          const r = Math.sqrt(dx * dx + dy * dy + dz * dz);
          const shell = Math.exp(-(((r - 1 - 0.15 * Math.sin(t + c * 2)) * 7) ** 2));
          values[((c * layers + z) * height + y) * width + x] =
            shell +
            0.3 * Math.exp(-(((dx - 0.3) ** 2 + (dy + 0.2) ** 2 + dz * dz) * 9)) +
            0.02 * Math.sin(x * 3 + y * 5);
        }
      }
    }
  }
}

const SCENES: readonly Scene[] = [
  { name: "detector", dtype: "uint16", dims: [512, 640], perTurn: 1, fill: diffraction },
  { name: "spectrum", dtype: "float32", dims: [1024], perTurn: 4, fill: spectrum },
  { name: "harbour-cam", dtype: "uint8", dims: [320, 480, 3], perTurn: 1, fill: colours },
  { name: "tomogram", dtype: "float32", dims: [2, 24, 128, 160], perTurn: 1, fill: volume },
];
const PREPARED = 12;
const BYTES = { uint8: Uint8Array, uint16: Uint16Array, float32: Float32Array } as const;

const publishers = await Promise.all(
  SCENES.map(async ({ name, dtype, dims, perTurn, fill }, i) => {
    const length = dims.reduce((product, dim) => product * dim, 1);
    const frames = Array.from({ length: PREPARED }, (_, n) => {
      const values = new BYTES[dtype](length);
      fill(values, (n / PREPARED) * 2 * Math.PI);
      return new Uint8Array(values.buffer);
    });
    const strideBytes = 2 ** Math.ceil(Math.log2(frames[0]?.length ?? 1));
    const producer = await pool.addProducer({ stream: 10_000 + i, name, standalone: { slots: 16, strideBytes } });
    return { producer, dtype, dims, perTurn, frames };
  }),
);
console.log("published");
for (let turn = 0; ; turn++) {
  for (const { producer, dtype, dims, perTurn, frames } of publishers) {
    for (let n = 0; n < perTurn; n++) {
      const bytes = frames[turn % PREPARED] as Uint8Array;
      using slot = producer.tryClaim(bytes.length);
      slot?.bytes.set(bytes);
      slot?.commit({ dtype, dims: [...dims] });
    }
  }
  await Bun.sleep(40);
}
