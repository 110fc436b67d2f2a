import type { AttachAnswer } from "../../../src/protocol/attach-answer.ts";
import type { AttachRequest } from "../../../src/protocol/attach-validation.ts";
import type { LeaseRole } from "../../../src/protocol/lease-table.ts";

/** Who says something. */
export interface Identity {
  readonly streamId: number;
  readonly clientId: number;
  readonly role: LeaseRole;
}

export interface Keepalive extends Identity {
  readonly kind: "keepalive";
  readonly leaseHigh: number;
  readonly leaseLow: number;
  readonly sentNs: number;
}

export type ToDriver =
  | { readonly kind: "attach"; readonly request: AttachRequest }
  | Keepalive
  | (Identity & { readonly kind: "detach"; readonly leaseId: bigint });

export type FromDriver =
  | { readonly kind: "answer"; readonly answer: AttachAnswer }
  | (Identity & { readonly kind: "revoked"; readonly leaseId: bigint })
  | { readonly kind: "announce"; readonly streamId: number; readonly epoch: bigint }
  | { readonly kind: "shutdown" };
