// Generated from schemas/driver-901.xml (id 901, version 1): change that, then run `npm run generate`.
import type { MessageInfo, StructureInfo } from "../../runtime/info.ts";
import { SHM_ATTACH_REQUEST_INFO } from "./shm-attach-request.ts";
import { SHM_ATTACH_RESPONSE_INFO } from "./shm-attach-response.ts";
import { SHM_DETACH_REQUEST_INFO } from "./shm-detach-request.ts";
import { SHM_DETACH_RESPONSE_INFO } from "./shm-detach-response.ts";
import { SHM_DRIVER_SHUTDOWN_INFO } from "./shm-driver-shutdown.ts";
import { SHM_DRIVER_SHUTDOWN_REQUEST_INFO } from "./shm-driver-shutdown-request.ts";
import { SHM_LEASE_KEEPALIVE_INFO } from "./shm-lease-keepalive.ts";
import { SHM_LEASE_REVOKE_REQUEST_INFO } from "./shm-lease-revoke-request.ts";
import { SHM_LEASE_REVOKED_INFO } from "./shm-lease-revoked.ts";

export * from "./enums.ts";
export * from "./shm-attach-request.ts";
export * from "./shm-attach-response.ts";
export * from "./shm-detach-request.ts";
export * from "./shm-detach-response.ts";
export * from "./shm-driver-shutdown.ts";
export * from "./shm-driver-shutdown-request.ts";
export * from "./shm-lease-keepalive.ts";
export * from "./shm-lease-revoke-request.ts";
export * from "./shm-lease-revoked.ts";

/** All messages and structures of schema 901. */
export const DRIVER_MESSAGES: readonly (MessageInfo | StructureInfo)[] = [
  SHM_ATTACH_REQUEST_INFO,
  SHM_ATTACH_RESPONSE_INFO,
  SHM_DETACH_REQUEST_INFO,
  SHM_DETACH_RESPONSE_INFO,
  SHM_LEASE_KEEPALIVE_INFO,
  SHM_DRIVER_SHUTDOWN_INFO,
  SHM_LEASE_REVOKED_INFO,
  SHM_DRIVER_SHUTDOWN_REQUEST_INFO,
  SHM_LEASE_REVOKE_REQUEST_INFO,
];
