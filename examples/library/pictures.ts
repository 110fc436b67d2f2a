// A field of temperatures as a grey picture: the coldest value becomes black, the hottest white.
import { encodePng } from "tensorpool";

const field = Float32Array.from({ length: 64 * 48 }, (_, i) => 20 + (i % 64) / 8);
const frame = { bytes: new Uint8Array(field.buffer), dtype: "float32", dims: [48, 64] } as const;
const png = await encodePng(frame, { scale: "auto" });
await Bun.write("field.png", png);
console.log(`wrote ${png.length} bytes to field.png`);

// Prints:
// wrote 111 bytes to field.png
