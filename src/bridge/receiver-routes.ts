import type { Messaging } from "../aeron/ports.ts";
import type { Clock } from "../core/clock.ts";
import { OutputStream, type OutputStreamOptions } from "./output-stream.ts";
import { ReceiverRoute } from "./receiver-route.ts";
import { streamIdentity } from "./stream-path.ts";

/** A sender's stream, and the stream of the receiver's host that carries its frames. */
export interface StreamRoute {
  readonly streamId: number;
  readonly toStreamId: number;
}

export interface ReceiverRoutesOptions {
  /** Empty: every stream, with the id that it has. */
  readonly routes: readonly StreamRoute[];
  /** Most bytes of regions that are made to a sender's measures. */
  readonly maxRegionBytes: number;
  /** True where the layout is this side's own, whatever a sender says. */
  readonly hasOwnLayout: boolean;
  /** Of each output; its name is `stream-<id>` when left out. */
  readonly output: Omit<OutputStreamOptions, "streamId" | "name"> & { readonly name?: string };
}

/** Streams that senders may open where none is named. */
const MAX_UNNAMED_ROUTES = 16;

/** Makes the route of a sender's stream, the first time that a sender opens it; null: it is not taken. */
export function receiverRoutes(
  connection: Messaging,
  clock: Clock,
  { routes, maxRegionBytes, hasOwnLayout, output }: ReceiverRoutesOptions,
): (streamId: number) => ReceiverRoute | null {
  let unnamed = 0;
  const newRoute = ({ streamId, toStreamId }: StreamRoute): ReceiverRoute =>
    new ReceiverRoute({
      streamId,
      output: new OutputStream(connection, clock, { name: `stream-${toStreamId}`, ...output, streamId: toStreamId }),
      identity: streamIdentity(connection.aeronDir, toStreamId),
      maxRegionBytes,
      hasOwnLayout,
    });
  return (streamId) => {
    const route = routes.find((each) => each.streamId === streamId);
    if (route !== undefined) return newRoute(route);
    if (routes.length > 0 || unnamed >= MAX_UNNAMED_ROUTES) return null;
    unnamed++;
    return newRoute({ streamId, toStreamId: streamId });
  };
}

/** What is wrong with routes that stand beside each other; null when nothing is. */
export function explainRoutesFault(routes: readonly StreamRoute[]): string | null {
  for (const [i, { streamId, toStreamId }] of routes.entries()) {
    const before = routes.slice(0, i);
    if (before.some((other) => other.streamId === streamId)) return `stream ${streamId} of the senders is named twice`;
    if (before.some((other) => other.toStreamId === toStreamId))
      return `two streams would be published on stream ${toStreamId}`;
  }
  return null;
}
