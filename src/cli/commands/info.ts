import { producedStreams } from "../../observe/deployment-view.ts";
import { look } from "../driver/look.ts";
import { theStream } from "../driver/resolve-stream.ts";
import { printInfo, streamInfoOf } from "../driver/stream-info.ts";
import { findStreamId, requireStreamText, streamIdOf } from "../observe/find-stream.ts";
import type { LookValues } from "../specs/driver-tools.ts";
import { tool } from "../tool/tool.ts";

/** `info`: prints everything known about one stream. */
export const run = tool<LookValues>(async ({ values, positionals, output }) => {
  const text = requireStreamText(positionals[0], "info: <stream>");
  const id = streamIdOf(text);
  const found = await look(values, {
    ratesOf: (streamId) => id === null || streamId === id,
    ask: (deployment) => {
      const named = deployment.streams.filter(({ streamId, name }) => (id === null ? name === text : streamId === id));
      if (named.length > 0) return named.map(({ streamId }) => streamId);
      const others = producedStreams(deployment);
      return id === null ? others : others.filter((streamId) => streamId === id);
    },
  });
  const { streams } = found.view;
  // The name may be the data source's, while the driver serves the stream under another.
  const isKnown = streamIdOf(text) !== null || streams.some(({ name, servedAs }) => name === text || servedAs === text);
  const stream = theStream(isKnown ? text : String(await findStreamId(values, text, "info: <stream>")), streams);
  printInfo(output, streamInfoOf(stream, found));
});
