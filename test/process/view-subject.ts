// Publishes a small picture of every dtype again and again, each on a stream of its own, until it is ended:
//   bun view-subject.ts AERON_DIR SHM_DIR
import { TensorPool } from "../../src/index.ts";
import { DTYPE_NAMES } from "../../src/protocol/dtype.ts";
import { FIRST_STREAM, HEIGHT, HOSTILE_NAME, pictureOf, WIDTH } from "../support/view-pictures.ts";

const [aeronDir = "", shmDir = ""] = process.argv.slice(2);
await using pool = await TensorPool.connect({ aeronDir, shmDir, mediaDriver: "embedded" });
const standalone = { slots: 8, strideBytes: 65_536 };
const publishers = await Promise.all(
  DTYPE_NAMES.map(async (dtype, i) => {
    const name = i === 0 ? HOSTILE_NAME : dtype;
    const producer = await pool.addProducer({ stream: FIRST_STREAM + i, name, standalone });
    return { producer, dtype, bytes: pictureOf(dtype) };
  }),
);
console.log("published");
for (;;) {
  for (const { producer, dtype, bytes } of publishers) {
    using slot = producer.tryClaim(bytes.length);
    slot?.bytes.set(bytes);
    slot?.commit({ dtype, dims: [HEIGHT, WIDTH] });
  }
  await Bun.sleep(50);
}
