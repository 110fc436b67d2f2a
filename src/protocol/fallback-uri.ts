import { quoted } from "../core/text.ts";
/** Source of payloads if shared memory cannot be used (W-39): an Aeron channel, or the id of a bridge. */
export type Fallback =
  | { readonly kind: "aeron"; readonly channel: string }
  | { readonly kind: "bridge"; readonly bridgeId: string };

const MAX_URI_CHARS = 1024;

/** Parses a fallback URI; returns a text that describes the fault ("expected ..., found ...") if it is invalid. */
export function parseFallbackUri(uri: string): Fallback | string {
  if (uri.length > MAX_URI_CHARS) return `expected at most ${MAX_URI_CHARS} characters, found ${uri.length}`;
  const bridge = /^bridge:\/\/([A-Za-z0-9._-]+)$/.exec(uri);
  if (bridge !== null) return { kind: "bridge", bridgeId: bridge[1] as string };
  if (/^aeron:(ipc|udp)(\?[!->@-{}~]+=[!->@-{}~]+(\|[!->@-{}~]+=[!->@-{}~]+)*)?$/.test(uri))
    return { kind: "aeron", channel: uri };
  return `expected aeron:ipc, aeron:udp?key=value|.. or bridge://id, found ${quoted(uri)}`;
}
