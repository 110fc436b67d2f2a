import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** The CnC file of a driver whose major version is another: of it nothing is known but version 1.2.3 and process 4194000. */
export function writeCncOfAnotherAeron(aeronDir: string): void {
  const cnc = Buffer.alloc(4096, 0x5a);
  cnc.writeInt32LE(0x01_02_03, 0);
  cnc.writeBigInt64LE(4_194_000n, 40);
  writeFileSync(join(aeronDir, "cnc.dat"), cnc);
}
