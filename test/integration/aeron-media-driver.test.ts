import { describe, expect, test } from "bun:test";
import { existsSync, renameSync, rmSync } from "node:fs";
import { nativeString } from "../../ffi/memory.ts";
import { controlPublicationChannel, observerChannel } from "../../src/aeron/channel.ts";
import { MediaDriver, MediaDriverError } from "../../src/aeron/media-driver.ts";
import { PublishResult } from "../../src/aeron/results.ts";
import { Rig } from "../support/rig.ts";
import { heldBelow, TemporaryDirectory } from "../support/shm.ts";

const STREAM_ID = 5000;
const CONTROL = controlPublicationChannel("aeron:ipc");
const OBSERVER = observerChannel("aeron:ipc");

describe("MediaDriver", () => {
  test("a second one for the same folder is refused and does no harm to the first", async () => {
    await using rig = new Rig();
    rig.until(() => rig.connection.isReady, "the connection");
    let error: unknown;
    try {
      MediaDriver.start({ aeronDir: rig.aeronDir, threading: "invoker" });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(MediaDriverError);
    expect(error).toMatchObject({ code: "already-running", retryable: true });
    const publication = rig.connection.addPublication(CONTROL, STREAM_ID);
    rig.until(() => publication.isReady, "the first driver to serve");
  });

  test("its folder and lock are gone after it closed, twice is once, also when another process removed them before", () => {
    using directory = new TemporaryDirectory();
    const aeronDir = directory.at("aeron");
    for (const isRemovedByOthers of [false, true]) {
      const driver = MediaDriver.start({ aeronDir, threading: "invoker" });
      expect(existsSync(`${aeronDir}.lock`)).toBe(true);
      if (isRemovedByOthers) {
        rmSync(aeronDir, { recursive: true });
        rmSync(`${aeronDir}.lock`);
      }
      driver.onClose();
      driver.onClose();
      expect(existsSync(aeronDir)).toBe(false);
      expect(existsSync(`${aeronDir}.lock`)).toBe(false);
    }
    expect(heldBelow(directory.path)).toEqual({ descriptors: 0, mappings: 0 });
  });

  test("whose folder is removed or moved serves in a new one, and clients find it; what was moved stays where it is", async () => {
    await using rig = new Rig();
    const publication = rig.connection.addPublication(CONTROL, STREAM_ID);
    const received: number[] = [];
    const subscription = rig.connection.addSubscription(OBSERVER, STREAM_ID, (_view, length) => received.push(length));
    rig.until(() => publication.isConnected, "the connection");
    for (const [losses, takeAway] of [
      () => rmSync(rig.aeronDir, { recursive: true }),
      () => renameSync(rig.aeronDir, rig.directory.at("elsewhere")),
    ].entries()) {
      takeAway();
      rig.until(() => rig.connection.losses === losses + 1, "the loss to be noticed");
      rig.until(() => publication.isConnected && subscription.imageCount === 1, "a connection to the new folder");
      expect(publication.publish(nativeString("again").address, 5)).toBe(PublishResult.PUBLISHED);
      rig.until(() => subscription.poll(10) > 0, "the message");
    }
    expect(received).toEqual([5, 5]);
    expect(existsSync(rig.directory.at("elsewhere"))).toBe(true);
    rmSync(rig.directory.at("elsewhere"), { recursive: true });
  });

  test("a driver that closes does not take away what its successor put in its place", () => {
    using directory = new TemporaryDirectory();
    const aeronDir = directory.at("aeron");
    const first = MediaDriver.start({ aeronDir, threading: "invoker" });
    // As after a clean-up of /dev/shm by another process: the second one starts over nothing.
    rmSync(aeronDir, { recursive: true });
    rmSync(`${aeronDir}.lock`);
    const second = MediaDriver.start({ aeronDir, threading: "invoker" });
    first.onClose();
    expect(existsSync(`${aeronDir}/cnc.dat`)).toBe(true);
    expect(existsSync(`${aeronDir}.lock`)).toBe(true);
    second.onClose();
    expect(existsSync(aeronDir)).toBe(false);
  });
});
