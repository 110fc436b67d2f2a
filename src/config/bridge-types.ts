import { ENDPOINT_EXPECTED, type Endpoint, readEndpoint } from "../bridge/channels.ts";
import type { StreamRoute } from "../bridge/receiver-routes.ts";
import { isId, MAX_ID } from "../protocol/ids.ts";
import { scalar, type ValueType } from "./value-type.ts";

/** The address of a bridge's other side, or the one on which this side receives. */
export function bridgeEndpoint(): ValueType<Endpoint> {
  return scalar(ENDPOINT_EXPECTED, '"192.0.2.7:4400"', ["string"], readEndpoint, { format: ({ text }) => text });
}

/** `A` or `A=B`. */
export function streamRoute(): ValueType<StreamRoute> {
  const convert = (value: string): StreamRoute | undefined => {
    const [, from = "", to = from] = /^(\d{1,10})(?:=(\d{1,10}))?$/.exec(value) ?? [];
    const [streamId, toStreamId] = [Number(from), Number(to)];
    return from !== "" && isId(streamId) && isId(toStreamId) ? { streamId, toStreamId } : undefined;
  };
  const expected = `a stream id from 1 to ${MAX_ID}, or A=B`;
  const format = ({ streamId, toStreamId }: StreamRoute): string =>
    streamId === toStreamId ? `${streamId}` : `${streamId}=${toStreamId}`;
  return scalar(expected, '"10000"', ["string", "bigint"], convert, { format });
}

/** The bridge that a fallback `bridge://ID` refers to. */
export interface NamedEndpoint {
  readonly id: string;
  readonly endpoint: Endpoint;
}

/** `ID=HOST:PORT`, or `ID=` and an Aeron channel. */
export function namedEndpoint(): ValueType<NamedEndpoint> {
  const convert = (value: string): NamedEndpoint | undefined => {
    const [, id, text = ""] = /^([A-Za-z0-9._-]+)=(.+)$/.exec(value) ?? [];
    const endpoint = readEndpoint(text);
    return id === undefined || endpoint === undefined ? undefined : { id, endpoint };
  };
  const expected = "ID=HOST:PORT such as lab=0.0.0.0:4400, or ID=CHANNEL";
  const format = ({ id, endpoint }: NamedEndpoint): string => `${id}=${endpoint.text}`;
  return scalar(expected, '"lab=0.0.0.0:4400"', ["string"], convert, { format });
}
