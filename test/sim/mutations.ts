import type { Scene } from "./batch.ts";
import { BRIDGE_MUTATIONS } from "./bridge-mutations.ts";
import { CHECK_MUTATIONS } from "./check-mutations.ts";

/** A fault put into the shipped code: text that occurs once in a file, and what stands in its place. */
export interface Mutation {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Where it is looked for; left out: on one host. */
  readonly scene?: Scene;
}

/** What the simulation has to find: one-line faults of the roles' logic, each of a kind that was once made or may be. */
export const MUTATIONS: readonly Mutation[] = [
  ...BRIDGE_MUTATIONS,
  ...CHECK_MUTATIONS,
  {
    name: "keepalive-ignored",
    file: "src/protocol/lease-table.ts",
    from: "    lease.expiresNs = nowNs + this.#durationNs;\n    return KeepaliveResult.VALID;",
    to: "    return KeepaliveResult.VALID;",
  },
  {
    name: "leases-never-expire",
    file: "src/protocol/lease-table.ts",
    from: "    if (nowNs < this.#earliestNs) return 0;",
    to: "    if (nowNs >= 0) return 0;",
  },
  {
    name: "no-epoch-after-a-producers-end",
    file: "src/roles/driver/lease-service.ts",
    from: "    if (stream !== null) this.#streams.beginEpoch(stream, nowNs);",
    to: '    if (stream === null) log.debug("");',
  },
  {
    name: "two-producers-wait",
    file: "src/roles/driver/lease-service.ts",
    from: "      if (other !== null && other !== request.clientId) {",
    to: "      if (other !== null && nowNs < 0) {",
  },
  {
    // A driver whose folder was moved begins epoch after epoch where no client looks.
    name: "moved-folder-stays-open",
    file: "src/roles/driver/driver-stream.ts",
    from: "    if (this.#directory.isInPlace) return;",
    to: '    if (this.#directory.path !== "") return;',
  },
  {
    name: "damage-of-regions-ignored",
    file: "src/roles/driver/stream-set.ts",
    from: "      if (damage !== null) {",
    to: "      if (damage !== null && nowNs < 0) {",
  },
  {
    name: "old-regions-are-not-closed",
    file: "src/roles/driver/driver-stream.ts",
    from: "    regions.close({ unlink: false });\n",
    to: "",
  },
  {
    // An announce that cannot be mapped ends the reading of what is mapped.
    name: "unmapped-before-another-is-mapped",
    file: "src/roles/stream-mapping.ts",
    from: "    const stream = this.#tryMap(announce);\n    if (stream === null) return;\n    const nowNs",
    to: '    this.unmap("another epoch is announced");\n    const stream = this.#tryMap(announce);\n    if (stream === null) return;\n    const nowNs',
  },
  {
    // A newcomer's time begins before it can hear any other: both stay.
    name: "newcomer-before-it-hears",
    file: "src/roles/standalone-regions.ts",
    from: "    if (this.#host.isHearing()) this.#watch.begin();",
    to: "    this.#watch.begin();",
  },
  {
    // A stream on demand is given up while a request waits for it, which is never answered.
    name: "idle-although-waited-for",
    file: "src/roles/driver/driver.ts",
    from: " || this.#leases.waiting.isWaitedFor(streamId),",
    to: ",",
  },
  {
    name: "number-of-an-epoch-that-was-left",
    file: "src/protocol/stream-owner.ts",
    from: "    return epoch !== this.#left || this.#leftPid !== null;",
    to: "    return epoch !== this.#left;",
  },
  {
    name: "administrative-requests-are-not-answered",
    file: "src/roles/driver/lease-service.ts",
    from: "    const isEnded = this.table.revoke(leaseId, this.#cycle.nanoTime());",
    to: "    const isEnded = this.table.revoke(leaseId, this.#cycle.nanoTime());\n    if (!isEnded) return;",
  },
  {
    name: "token-of-the-operator-is-not-compared",
    file: "src/roles/driver/lease-service.ts",
    from: "    if (isAdminTokenValid(this.#options.token, token)) return true;",
    to: '    if (isAdminTokenValid(this.#options.token, token) || token !== "") return true;',
  },
  {
    name: "ended-leases-are-said-to-be-revoked",
    file: "src/roles/driver/lease-service.ts",
    from: "isEnded ? ResponseCode.OK : ResponseCode.REJECTED, why",
    to: "ResponseCode.OK, why",
  },
  {
    name: "waiting-requests-are-forgotten",
    file: "src/roles/driver/driver.ts",
    from: "    if (!stream.isMaking) this.#leases.onRegions(stream, nowNs);\n",
    to: "",
  },
  {
    name: "locks-stay-after-the-drivers-end",
    file: "src/roles/driver/driver.ts",
    from: "      this.#connection.remove(resource);\n    }\n    this.#locks.close();",
    to: "      this.#connection.remove(resource);\n    }",
  },
  {
    name: "expired-lease-is-used",
    file: "src/protocol/lease-validity.ts",
    from: '    if (nowNs >= this.#expiresNs) return "expired";\n',
    to: "",
  },
  {
    name: "lease-counted-twice-as-long",
    file: "src/protocol/lease-validity.ts",
    from: "    this.#expiresNs = nowNs + this.#durationNs;\n    this.#keepaliveDueNs",
    to: "    this.#expiresNs = nowNs + this.#durationNs * 2;\n    this.#keepaliveDueNs",
  },
  {
    name: "keepalives-are-not-sent",
    file: "src/protocol/lease-validity.ts",
    from: "    return nowNs >= this.#keepaliveDueNs;",
    to: "    return nowNs < this.#keepaliveDueNs && nowNs < 0;",
  },
  {
    name: "revocation-is-not-obeyed",
    file: "src/roles/attachment.ts",
    from: "    if (leaseId === this.#leaseId && clientId === this.clientId) this.#lose",
    to: "    if (leaseId === 0n && clientId === this.clientId) this.#lose",
  },
  {
    name: "shutdown-of-the-driver-ignored",
    file: "src/roles/attachment.ts",
    from: "    if (this.#isAttached) this.#lose(`the driver shuts down",
    to: "    if (!this.#isAttached) this.#lose(`the driver shuts down",
  },
  {
    name: "lost-lease-is-still-written-to",
    file: "src/roles/driver-regions.ts",
    from: "      onDetached: () => host.endEpoch(),",
    to: "      onDetached: () => {},",
  },
  {
    name: "lost-lease-is-still-read",
    file: "src/roles/stream-mapping.ts",
    from: '    this.#holdsLease = false;\n    this.unmap(reason, "remap");',
    to: '    this.#holdsLease = reason !== "";',
  },
  {
    name: "no-other-lease-is-asked-for",
    file: "src/roles/attachment.ts",
    from: "    this.#requests.askAt(this.#cycle.nanoTime());",
    to: "    this.#requests.askAt(Number.POSITIVE_INFINITY);",
  },
  {
    name: "successor-is-taken-for-the-driver",
    file: "src/roles/attachment.ts",
    from: "    if (epoch === this.#epoch) this.#announcer ??= sessionId;",
    to: "    this.#announcer = sessionId;",
  },
  {
    name: "unmapped-regions-stay-mapped",
    file: "src/roles/stream-mapping.ts",
    from: "      this.#ownerEnded = false;\n      stream.close();",
    to: "      this.#ownerEnded = false;",
  },
  {
    name: "no-epoch-after-a-long-pause",
    file: "src/roles/standalone-regions.ts",
    from: "    if (this.#host.silentNs(nowNs) < CADENCE_NS * (LIVENESS_PERIODS - 1)) return;",
    to: "    if (nowNs > 0) return;",
  },
  {
    name: "stream-lock-stays",
    file: "src/roles/standalone-regions.ts",
    from: "    this.#locks?.close();\n    this.#locks = null;\n    return null;",
    to: "    this.#locks = null;\n    return null;",
  },
  {
    name: "publication-is-not-given-back",
    file: "src/roles/producer.ts",
    from: "    if (this.#descriptors !== null) this.#connection.remove(this.#descriptors);\n  }",
    to: "  }",
  },
  {
    name: "gaps-are-not-counted",
    file: "src/roles/descriptor-intake.ts",
    from: "    if (this.#hasAccount) this.#countMissing(seq - 1, this.#counters.of.gap);",
    to: "    if (!this.#hasAccount) this.#countMissing(seq - 1, this.#counters.of.gap);",
  },
  {
    name: "waiting-frames-vanish-with-the-epoch",
    file: "src/roles/descriptor-intake.ts",
    from: '    if (end !== "left") cause.add(this.#queue.length);\n',
    to: "",
  },
  {
    name: "passed-frames-count-twice",
    file: "src/roles/epoch-accounts.ts",
    from: "    if (missed > counted) cause.add(missed - counted);",
    to: "    if (missed > 0) cause.add(missed);",
  },
  {
    name: "account-begins-again-with-each-mapping",
    file: "src/roles/descriptor-intake.ts",
    from: "    const account = this.#accounts.resume(epoch);",
    to: "    const account = this.#accounts.resume(epoch + 0n) && null as { newestSeq: number; counted: number } | null;",
  },
  {
    name: "commit-word-is-not-checked",
    file: "src/roles/frame-reader.ts",
    from: "    if (!this.#ring.hasCommitWord(index, word)) return",
    to: "    if (!this.#ring.hasCommitWord(index, word) && seq < 0) return",
  },
  {
    name: "epochs-follow-the-clock-alone",
    file: "src/protocol/epoch-rules.ts",
    from: "  return Math.max(Number(highest) + 1, current + 1, Math.floor(wallClockMs));",
    to: "  return Math.floor(wallClockMs);",
  },
  {
    name: "control-subscription-is-not-given-back",
    file: "src/roles/consumer-control.ts",
    from: "for (const resource of [...this.#hearing.subscriptions, this.#control, this.#qos])",
    to: "for (const resource of [this.#control, this.#qos])",
  },
  {
    name: "folder-is-not-given-back",
    file: "src/roles/driver/driver-stream.ts",
    from: "    this.#regions = null;\n    this.#directory.close();\n  }",
    to: "    this.#regions = null;\n  }",
  },
];
