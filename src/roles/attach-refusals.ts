import type { Messaging } from "../aeron/ports.ts";
import { ResponseCode } from "../sbe/generated/driver/index.ts";
import { AttachError } from "./errors.ts";

/** The name of a response code; an unknown code (of a later version) is returned as a number. */
export function codeName(code: number): string {
  const entry = Object.entries(ResponseCode).find(([, value]) => value === code);
  return entry === undefined ? String(code) : entry[0];
}

/** Describes a refused lease request. `code`: the driver's code, or this client's own for an unusable answer. */
export function describeRefusal(streamId: number, code: string, message: string): string {
  return code in ResponseCode
    ? `the driver refuses stream ${streamId} (${code}): ${message}`
    : `what the driver grants of stream ${streamId} cannot be used (${code}): ${message}`;
}

/** No driver answered within the timeout. */
export function noDriver(streamId: number, timeoutNs: number, connection: Messaging): AttachError {
  const seconds = (timeoutNs / 1e9).toFixed(1).replace(/\.0$/, "");
  const { shortage } = connection;
  if (shortage !== null) {
    const next = "make room: `tensorpool gc` removes leftovers, `tensorpool doctor` shows the room";
    const text = `stream ${streamId}: no lease within ${seconds} s, because of a lack of room: ${shortage}`;
    return new AttachError("not-found", `${text}; ${next}`, { expected: "room", found: shortage, retryable: true });
  }
  const found = connection.isConnected
    ? `none serves ${connection.aeronDir}`
    : (connection.refusal ?? `no media driver in ${connection.aeronDir}`);
  return new AttachError(
    "not-found",
    `no driver answered for stream ${streamId} within ${seconds} s (${found}): start \`tensorpool driver --stream ${streamId}\`, ` +
      "or make the producer and its consumers standalone",
    { expected: "a driver", found, retryable: true, options: ["standalone"] },
  );
}
