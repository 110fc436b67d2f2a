// Reads the recording of the example above: all frames, one frame by its number, and the recorder's account.
import { openRecording } from "tensorpool";

await using recording = await openRecording("session.mcap");
for (const { seq, dtype, dims, bytes } of recording.frames("camera-1", { from: { seq: 3 } })) {
  console.log(`frame ${seq}: ${dtype}, dims ${dims}, values ${bytes}`);
}
console.log(`frame 1: values ${recording.frameBySeq("camera-1", 1)?.bytes}`);

for (const { name, published, recorded, missing } of recording.ledger) {
  console.log(`${name}: ${published} published, ${recorded} recorded, missing ${JSON.stringify(missing)}`);
}

// Prints:
// frame 3: uint8, dims 1, values 3
// frame 4: uint8, dims 1, values 4
// frame 1: values 1
// camera-1: 5 published, 5 recorded, missing {}
