import { toJson } from "../core/text.ts";

/** A refused request: status, a code for programs and a sentence for people. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** Headers of answers for programs: a browser does not embed, run or cache them. */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** Most characters of a request's text that a message contains. */
export const MAX_QUOTED = 80;

export function jsonResponse(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return textResponse(`${toJson(value, 2)}\n`, "application/json; charset=utf-8", status, headers);
}

export function textResponse(
  text: string,
  contentType: string,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(text, { status, headers: { ...SECURITY_HEADERS, "content-type": contentType, ...headers } });
}

/** `{ "error": { "code", "message" } }`. */
export function errorResponse({ status, code, message, headers }: ApiError): Response {
  const challenge = status === 401 ? { "www-authenticate": "Bearer" } : {};
  return jsonResponse({ error: { code, message } }, status, { ...challenge, ...headers });
}
