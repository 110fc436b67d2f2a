import { expect, test } from "bun:test";
import { descriptorPublicationChannel, LIVE_TIMEOUTS, observerChannel } from "../../src/aeron/channel.ts";
import { AeronConnection } from "../../src/aeron/connection.ts";
import { MessageBlock } from "../../src/aeron/message-block.ts";
import { Place } from "../support/place.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

const STREAM_ID = 5003;
const MESSAGE_BYTES = 44;
/** More than a few: the streams of one place share a stream of descriptors. */
const PUBLISHERS = 80;
const MESSAGES = 16;
const BLOCK_BYTES = 64 * 1024;

test(
  "a client that the media driver has given up reads no log before it knows, and misses no message and gets none twice afterwards",
  async () => {
    await using place = new Place();
    await place.mediaDriver(["--linger", "0"], { env: { AERON_CLIENT_LIVENESS_TIMEOUT: "1s" } });
    const connect = (clientName: string) => new AeronConnection({ aeronDir: place.aeronDir, clientName });
    const [writer, reader] = [connect("writer"), connect("reader")];
    try {
      const received: number[] = [];
      const channel = descriptorPublicationChannel("aeron:ipc", 64, LIVE_TIMEOUTS);
      const publications = Array.from({ length: PUBLISHERS }, () => writer.addPublication(channel, STREAM_ID));
      const subscription = reader.addBlockSubscription(
        observerChannel("aeron:ipc"),
        STREAM_ID,
        BLOCK_BYTES,
        (view, offset) => received.push(view.getUint32(offset, true)),
      );
      const step = (...connections: AeronConnection[]) => {
        for (const connection of connections) connection.doWork(Bun.nanoseconds());
        return true;
      };
      const block = new MessageBlock(MESSAGE_BYTES, MESSAGES);
      let sent = 0;
      const publish = () => {
        for (const publication of publications) {
          for (let i = 0; i < MESSAGES; i++) block.view.setUint32(block.offsetOf(i), sent + i, true);
          sent += publication.publishBlock(block, 0, MESSAGES);
        }
      };
      const readAll = () => {
        while (subscription.poll(BLOCK_BYTES) > 0);
        return received.length === sent;
      };
      const areJoined = () =>
        publications.every((publication) => publication.isConnected) && subscription.imageCount === PUBLISHERS;
      await until(
        () => step(writer, reader) && areJoined(),
        () => "publisher and subscriber to meet",
      );
      publish();
      await until(
        () => step(writer, reader) && readAll(),
        () => "the first messages",
      );
      publish();
      // The reader is paused now, in the midst of a cycle: it polls again before its conductor has read of its end.
      await until(
        () => step(writer) && publications.every((publication) => !publication.isConnected),
        () => "the driver to give the reader up",
      );
      expect(readAll()).toBe(false);
      expect(received.length).toBe(PUBLISHERS * MESSAGES);
      await until(
        () => step(writer, reader) && reader.losses === 1 && areJoined(),
        () => "the reader to return",
      );
      publish();
      await until(
        () => {
          step(writer, reader);
          subscription.poll(BLOCK_BYTES);
          return new Set(received).size === sent;
        },
        () => `all messages: ${received.length} of ${sent}`,
      );
      expect(sent).toBe(3 * PUBLISHERS * MESSAGES);
      expect(received.sort((a, b) => a - b)).toEqual(Array.from({ length: sent }, (_, n) => n));
      expect(subscription.overruns).toBe(0);
    } finally {
      reader.onClose();
      writer.onClose();
    }
  },
  PROCESS_TEST_MS,
);
