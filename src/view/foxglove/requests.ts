/** Longest message of a client, in bytes. */
export const MAX_REQUEST_BYTES = 64 * 1024;

/** The client's id for the subscription, and the channel. */
export interface SubscriptionRequest {
  readonly id: number;
  readonly channelId: number;
}

export type FoxgloveRequest =
  | { readonly op: "subscribe"; readonly subscriptions: readonly SubscriptionRequest[] }
  | { readonly op: "unsubscribe"; readonly subscriptionIds: readonly number[] }
  /** A protocol message for a feature that this server does not offer. */
  | { readonly op: "not-offered"; readonly name: string };

/** Messages for capabilities that `serverInfo` does not list: client publish, parameters, services, assets. */
const NOT_OFFERED: ReadonlySet<string> = new Set([
  "advertise",
  "unadvertise",
  "getParameters",
  "setParameters",
  "subscribeParameterUpdates",
  "unsubscribeParameterUpdates",
  "subscribeConnectionGraph",
  "unsubscribeConnectionGraph",
  "fetchAsset",
]);
/** The first byte of binary messages: client data, and a service call. */
const BINARY_NOT_OFFERED: Readonly<Record<number, string>> = { 1: "message data", 2: "service call" };
const MAX_U32 = 2 ** 32 - 1;

/** A client's message; null if it is malformed. */
export function parseRequest(message: string | Uint8Array): FoxgloveRequest | null {
  if (message.length > MAX_REQUEST_BYTES) return null;
  if (typeof message !== "string") {
    const name = BINARY_NOT_OFFERED[message[0] ?? 0];
    return name === undefined ? null : { op: "not-offered", name };
  }
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  if (!isFields(value)) return null;
  const { op, subscriptions, subscriptionIds } = value;
  if (op === "subscribe") {
    if (!Array.isArray(subscriptions) || !subscriptions.every(isSubscription)) return null;
    return { op, subscriptions: subscriptions.map(({ id, channelId }) => ({ id, channelId })) };
  }
  if (op === "unsubscribe") {
    return Array.isArray(subscriptionIds) && subscriptionIds.every(isId) ? { op, subscriptionIds } : null;
  }
  return typeof op === "string" && NOT_OFFERED.has(op) ? { op: "not-offered", name: op } : null;
}

function isSubscription(value: unknown): value is SubscriptionRequest {
  return isFields(value) && isId(value["id"]) && isId(value["channelId"]);
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_U32;
}
