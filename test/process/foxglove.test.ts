import { expect, test } from "bun:test";
import { decodeRawImage, Viewer } from "../support/foxglove.ts";
import { Place } from "../support/place.ts";
import { PROCESS_TEST_MS, until } from "../support/until.ts";

for (const command of [
  ["view", "--http", "0"],
  ["supervisor", "--media-driver", "external"],
]) {
  test(
    `${command[0]} --foxglove shows the frames of another process to Foxglove's own client`,
    async () => {
      await using place = new Place();
      const dirs = ["--aeron-dir", place.aeronDir, "--shm-dir", place.shmDir];
      const source = ["--source", "synthetic:dtype=uint16,dims=24x32", "--rate", "50", "--name", "camera"];
      place.run(["producer", "--standalone", "--media-driver", "embedded", ...source, ...dirs]);
      const server = place.run([...command, "--foxglove", "--foxglove-address", "0", ...dirs]);
      const url = (): string | undefined => /ws:\/\/[\d.:]+/.exec(server.stderr)?.[0];
      await until(
        () => url() !== undefined,
        () => `the address\n${server.describe()}`,
      );
      const viewer = new Viewer(url() ?? "");
      await until(
        () => viewer.channel("/camera/image") !== null,
        () => `the channel\n${server.describe()}`,
      );
      viewer.client.subscribe(viewer.channel("/camera/image")?.id ?? -1);
      await until(
        () => viewer.messages.length >= 3,
        () => `messages\n${server.describe()}`,
      );
      const image = decodeRawImage(viewer.messages[0]?.bytes ?? new Uint8Array(0));
      expect(image).toMatchObject({ frame_id: "camera", encoding: "mono16", width: 32, height: 24, step: 64 });
      expect(image.data.length).toBe(24 * 64);
      expect(viewer.errors).toEqual([]);
      viewer.client.close();
    },
    PROCESS_TEST_MS,
  );
}
