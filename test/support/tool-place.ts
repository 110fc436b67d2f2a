import { DriverPlace } from "./driver-place.ts";
import type { RoleProcess } from "./role-process.ts";

/** The token of administrative requests that the drivers of tests have. */
export const TEST_TOKEN = "open sesame";

/** A driver's place for tests of tools: small streams, roles that have their leases, and tools that are run to their end. */
export class ToolPlace extends DriverPlace {
  /** Starts a driver of two small streams, and waits until it serves. */
  async servingDriver(args: readonly string[] = []): Promise<RoleProcess> {
    const streams = ["--stream", "10000,10001", "--slots", "8", "--pool", "64KiB"];
    const driver = this.driver([...streams, ...args], { env: { POLICIES_SHUTDOWN_TOKEN: TEST_TOKEN } });
    await driver.errorLine(/leases end/);
    return driver;
  }

  /** A producer of 200 small frames a second, once it has its lease. */
  async attachedProducer(args: readonly string[] = []): Promise<RoleProcess> {
    const source = ["--source", "synthetic:dtype=uint8,dims=64x64", "--rate", "200"];
    const producer = this.producer([...source, ...args]);
    await producer.errorLine(/attached to stream/);
    return producer;
  }

  async attachedConsumer(args: readonly string[] = []): Promise<RoleProcess> {
    const consumer = this.consumer(["--sink", "null", ...args]);
    await consumer.errorLine(/attached to stream/);
    return consumer;
  }

  /** Runs a tool to its end, with `-o jsonl`. */
  async tool<Row = Record<string, unknown>>(
    args: readonly string[],
  ): Promise<{ code: number; rows: Row[]; stderr: string; stdout: string }> {
    const tool = this.run([...args, "--aeron-dir", this.aeronDir, "-o", "jsonl"]);
    const code = await tool.exit();
    return { code, rows: tool.rows as unknown as Row[], stderr: tool.stderr, stdout: tool.stdout };
  }
}
