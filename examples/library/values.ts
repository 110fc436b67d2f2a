// Shapes, dtypes and attributes: of a layout, and of a frame as its consumer sees it.
import { attributeText, contiguousLayout, TensorPool, textAttribute } from "tensorpool";

const image = contiguousLayout("float32", [480, 640, 3]);
console.log(`${image.dtype} ${image.dims.join("x")} in ${image.majorOrder} order: ${image.byteLength} bytes`);

await using pool = await TensorPool.connect();
const attributes = [textAttribute("unit", "K"), textAttribute("serial", "A-17")];
const producer = await pool.addProducer({ stream: 10_000, standalone: { slots: 16, strideBytes: 4096 }, attributes });
const consumer = await pool.addConsumer({ stream: 10_000, standalone: true });
while (!producer.hasReaders(1) || !consumer.hasAttributes) await Bun.sleep(1);

const slot = producer.tryClaim(4 * 2 * 3);
slot?.values("float32").set([1, 2, 3, 4, 5, 6]);
slot?.commit({ dtype: "float32", dims: [2, 3] });

for await (const { values, dims, attributes } of consumer.frames()) {
  const [rows, columns = 0] = dims;
  console.log(`${rows} rows; the second begins with ${values[columns]} ${attributeText(attributes, "unit")}`);
  break;
}

// Prints:
// float32 480x640x3 in row order: 3686400 bytes
// 2 rows; the second begins with 4 K
