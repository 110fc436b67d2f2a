import type { Messaging } from "../aeron/ports.ts";
import type { Clock } from "../core/clock.ts";
import { OutputStream, type OutputStreamOptions } from "./output-stream.ts";
import { ReceiverRoute } from "./receiver-route.ts";
import { streamIdentity } from "./stream-path.ts";

/** A sender's stream, and the stream on the receiver's host that carries its frames. */
export interface StreamRoute {
  readonly streamId: number;
  readonly toStreamId: number;
}

export interface ReceiverRoutesOptions {
  /** Empty: every stream, under its own id. */
  readonly routes: readonly StreamRoute[];
  /** Most bytes of regions created with a sender's layout. */
  readonly maxRegionBytes: number;
  /** True if this side sets the layout, whatever a sender announces. */
  readonly hasOwnLayout: boolean;
  /** Options of each output; its name is `stream-<id>` if omitted. */
  readonly output: Omit<OutputStreamOptions, "streamId" | "name"> & { readonly name?: string };
}

/** Most streams that senders may open if no route is named. */
const MAX_UNNAMED_ROUTES = 16;

/** Creates the route of a sender's stream when a sender first opens it; null: the stream is refused. */
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

/** The conflict between routes; null if there is none. */
export function explainRoutesFault(routes: readonly StreamRoute[]): string | null {
  for (const [i, { streamId, toStreamId }] of routes.entries()) {
    const before = routes.slice(0, i);
    if (before.some((other) => other.streamId === streamId)) return `stream ${streamId} of the senders is named twice`;
    if (before.some((other) => other.toStreamId === toStreamId))
      return `two streams would be published on stream ${toStreamId}`;
  }
  return null;
}
