import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { type Endpoint, readEndpoint } from "../../src/bridge/channels.ts";
import { PathMtuWatch, type PathPorts } from "../../src/bridge/path-mtu-watch.ts";
import { configureLogging } from "../../src/core/logger.ts";
import { StreamWriter } from "../../src/core/stream-writer.ts";

let lines: string[] = [];

beforeEach(() => {
  lines = [];
  configureLogging({ level: "info", format: "text", filter: "", sink: { write: (text) => lines.push(text) } });
});

afterAll(() => configureLogging({ level: "info", filter: "", sink: new StreamWriter(2) }));

/** A path whose name resolves to what the test says. */
class Rig {
  readonly sender = { isConnected: true, mtuBytes: 1472 };
  readonly probed: string[] = [];
  readonly closed: string[] = [];
  lookups = 0;
  address: string | Error = "192.0.2.7";
  readonly watch: PathMtuWatch;

  constructor(to: string, mtuBytes = 1472) {
    const ports: PathPorts = {
      resolve: () => {
        this.lookups++;
        return this.address instanceof Error ? Promise.reject(this.address) : Promise.resolve(this.address);
      },
      probe: (address) => ({
        mtuBytes,
        send: () => {
          this.probed.push(address);
          return null;
        },
        [Symbol.dispose]: () => this.closed.push(address),
      }),
    };
    this.watch = new PathMtuWatch(this.sender, 1, readEndpoint(to) as Endpoint, ports);
  }

  /** Works at this second, and lets the look-up end. */
  async at(seconds: number): Promise<void> {
    this.watch.doWork(seconds * 1e9);
    for (let i = 0; i < 10; i++) await Promise.resolve();
  }
}

describe("the path to a receiver", () => {
  test("is looked up by name with each connection, and each period while its address is not known", async () => {
    const rig = new Rig("cam.local:4400");
    rig.address = new Error("ENOTFOUND");
    await rig.at(0);
    await rig.at(0.5);
    expect([rig.lookups, rig.probed]).toEqual([1, []]);
    await rig.at(1);
    rig.address = "192.0.2.7";
    await rig.at(11);
    await rig.at(21);
    await rig.at(31);
    expect([rig.lookups, rig.probed]).toEqual([3, ["192.0.2.7", "192.0.2.7"]]);
    // The same name leads elsewhere when the sender connects again.
    rig.address = "192.0.2.8";
    rig.sender.isConnected = false;
    await rig.at(32);
    rig.sender.isConnected = true;
    await rig.at(33);
    expect([rig.lookups, rig.closed]).toEqual([4, ["192.0.2.7"]]);
    await rig.at(34);
    expect(rig.probed.at(-1)).toBe("192.0.2.8");
    rig.watch.onClose();
    expect(rig.closed).toEqual(["192.0.2.7", "192.0.2.8"]);
  });

  test("is not probed once the watch was closed, also when its name resolves then", async () => {
    const rig = new Rig("cam.local:4400");
    rig.watch.doWork(0);
    rig.watch.onClose();
    await rig.at(1);
    await rig.at(2);
    expect([rig.lookups, rig.probed]).toEqual([1, []]);
  });

  test("that is too small is reported once, with the given channel and its parameters", async () => {
    const rig = new Rig("aeron:udp?endpoint=192.0.2.7:4400|interface=10.0.0.1|mtu=8960|term-length=64m", 1344);
    await rig.at(0);
    await rig.at(1);
    expect([rig.lookups, lines.length]).toEqual([0, 1]);
    expect(lines[0]).toContain(
      'send to "aeron:udp?endpoint=192.0.2.7:4400|interface=10.0.0.1|mtu=1344|term-length=64m"',
    );
  });
});
