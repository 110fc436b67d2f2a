import { flag, option, options, valueTypes } from "../../config/index.ts";

const { list, text } = valueTypes;

/** Options for third-party viewers. */
export const FOXGLOVE = options({
  foxglove: flag("also serve the streams to Foxglove and Lichtblick, by their WebSocket protocol"),
  foxgloveAddress: option(
    text("an address such as 8765 or 127.0.0.1:8765", "127.0.0.1:8765"),
    "ADDR",
    "address for --foxglove; a port alone is on the loopback, others need --http-token",
    { default: "8765" },
  ),
  foxgloveOrigins: option(
    list(text("an origin such as https://viewer.example", "https://viewer.example"), "origin"),
    "URL[,URL]",
    "further origins of pages that may connect, beside app.foxglove.dev and this machine",
    { otherwise: "none" },
  ),
});
