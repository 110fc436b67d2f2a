import { flag, option, options, valueTypes } from "../../config/index.ts";

const { list, text } = valueTypes;

/** Streams for viewers of others. */
export const FOXGLOVE = options({
  foxglove: flag("serve the streams to Foxglove and Lichtblick, by their WebSocket protocol, too"),
  foxgloveAddress: option(
    text("an address such as 8765 or 127.0.0.1:8765", "127.0.0.1:8765"),
    "ADDR",
    "serve that there; a port alone is on the loopback, others need --http-token",
    { default: "8765" },
  ),
  foxgloveOrigins: option(
    list(text("an origin such as https://viewer.example", "https://viewer.example"), "origin"),
    "URL[,URL]",
    "pages that may connect to it, beside app.foxglove.dev and those of this machine",
    { otherwise: "none" },
  ),
});
