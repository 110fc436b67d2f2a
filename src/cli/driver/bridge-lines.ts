import { printable } from "../../core/text.ts";
import { formatBytes, formatCount, formatDuration } from "../../core/units.ts";
import type { BridgeView } from "../../supervision/model/index.ts";

/** "to 192.0.2.7:4400", with a note if it is not connected. */
export function bridgeText({ direction, peer, isConnected }: BridgeView): string {
  return `${direction === "send" ? "to" : "from"} ${printable(peer)}${isConnected ? "" : " (not connected)"}`;
}

/** The lines of `info` for one side of a bridge. */
export function bridgeLines(bridge: BridgeView): string[] {
  const {
    direction,
    roundTripSeconds,
    delaySeconds,
    delayErrorSeconds,
    delivered,
    unreported,
    windowBytes,
    socketBufferBytes,
  } = bridge;
  const losses = Object.entries(bridge.losses).filter(([, count]) => count > 0);
  const lost =
    losses.length === 0 ? "none lost" : losses.map(([cause, count]) => `${cause} ${formatCount(count)}`).join(", ");
  const account = [`${formatCount(delivered)} frames delivered`, lost];
  if (unreported > 0) account.push(`${formatCount(unreported)} not reported yet`);
  const way = [`NAKs ${formatCount(bridge.naks)}`];
  if (roundTripSeconds !== null) way.unshift(`round trip ${durationOf(roundTripSeconds)}`);
  if (delaySeconds !== null && delayErrorSeconds !== null) {
    way.unshift(`delay of frames ${durationOf(delaySeconds)}, give or take ${durationOf(delayErrorSeconds)}`);
  }
  if (direction === "send") {
    way.push(`retransmits ${formatCount(bridge.retransmits)}`, `window full ${formatCount(bridge.windowFull)} times`);
  }
  if (windowBytes !== null && socketBufferBytes !== null) {
    way.push(`receiver's window ${formatBytes(windowBytes)}, its socket buffer ${formatBytes(socketBufferBytes)}`);
  }
  const readers = bridge.farReaders.map(
    ({ streamId, consumerId, accepted, lost: lostThere }) =>
      `consumer ${consumerId} of stream ${streamId} there: accepted ${formatCount(accepted)}, lost ${formatCount(lostThere)}`,
  );
  const more = bridge.readers - readers.length;
  if (more > 0) readers.push(`${formatCount(more)} more consumer(s) there`);
  return [account.join(", "), way.join(", "), ...readers];
}

function durationOf(seconds: number): string {
  return formatDuration(Math.round(seconds * 1e9));
}
