// Generated from schemas/driver-901.xml (id 901, version 1): change that, then run `npm run generate`.
import { enumInfo } from "../../runtime/info.ts";

/** Codes of Bool (uint8). */
export const Bool = { FALSE: 0, TRUE: 1 } as const;
export type Bool = (typeof Bool)[keyof typeof Bool];

/** True for a code of Bool. */
export function isBool(code: number): boolean {
  switch (code) {
    case 0:
    case 1:
      return true;
    default:
      return false;
  }
}

export const BOOL_INFO = enumInfo("Bool", "uint8", Bool);

/** Codes of ResponseCode (int32). */
export const ResponseCode = { OK: 0, UNSUPPORTED: 1, INVALID_PARAMS: 2, REJECTED: 3, INTERNAL_ERROR: 4 } as const;
export type ResponseCode = (typeof ResponseCode)[keyof typeof ResponseCode];

/** True for a code of ResponseCode. */
export function isResponseCode(code: number): boolean {
  switch (code) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      return true;
    default:
      return false;
  }
}

export const RESPONSE_CODE_INFO = enumInfo("ResponseCode", "int32", ResponseCode);

/** Codes of Role (uint8). */
export const Role = { PRODUCER: 1, CONSUMER: 2 } as const;
export type Role = (typeof Role)[keyof typeof Role];

/** True for a code of Role. */
export function isRole(code: number): boolean {
  switch (code) {
    case 1:
    case 2:
      return true;
    default:
      return false;
  }
}

export const ROLE_INFO = enumInfo("Role", "uint8", Role);

/** Codes of PublishMode (uint8). What an attach to a stream that is not there does. */
export const PublishMode = { REQUIRE_EXISTING: 1, EXISTING_OR_CREATE: 2 } as const;
export type PublishMode = (typeof PublishMode)[keyof typeof PublishMode];

/** True for a code of PublishMode. */
export function isPublishMode(code: number): boolean {
  switch (code) {
    case 1:
    case 2:
      return true;
    default:
      return false;
  }
}

export const PUBLISH_MODE_INFO = enumInfo("PublishMode", "uint8", PublishMode);

/** Codes of LeaseRevokeReason (uint8). */
export const LeaseRevokeReason = { DETACHED: 1, EXPIRED: 2, REVOKED: 3 } as const;
export type LeaseRevokeReason = (typeof LeaseRevokeReason)[keyof typeof LeaseRevokeReason];

/** True for a code of LeaseRevokeReason. */
export function isLeaseRevokeReason(code: number): boolean {
  switch (code) {
    case 1:
    case 2:
    case 3:
      return true;
    default:
      return false;
  }
}

export const LEASE_REVOKE_REASON_INFO = enumInfo("LeaseRevokeReason", "uint8", LeaseRevokeReason);

/** Codes of ShutdownReason (uint8). */
export const ShutdownReason = { NORMAL: 0, ADMIN: 1, ERROR: 2 } as const;
export type ShutdownReason = (typeof ShutdownReason)[keyof typeof ShutdownReason];

/** True for a code of ShutdownReason. */
export function isShutdownReason(code: number): boolean {
  switch (code) {
    case 0:
    case 1:
    case 2:
      return true;
    default:
      return false;
  }
}

export const SHUTDOWN_REASON_INFO = enumInfo("ShutdownReason", "uint8", ShutdownReason);
