import type { Mutation } from "./mutations.ts";

/** Faults of a bridge. */
export const BRIDGE_MUTATIONS: readonly Mutation[] = [
  {
    name: "sent-frames-are-not-looked-at-again",
    file: "src/bridge/frame-sending.ts",
    from: "    const isIntact = this.#isIntact();\n    if (this.hasBegun",
    to: "    const isIntact = this.#isIntact() || this.seq >= 0;\n    if (this.hasBegun",
    scene: "bridge",
  },
  {
    name: "frames-without-room-are-in-no-account",
    file: "src/bridge/bridge-sender.ts",
    from: "    this.#backPressured++;\n",
    to: "",
    scene: "bridge",
  },
  {
    name: "aborted-frames-are-delivered",
    file: "src/bridge/frame-assembly.ts",
    from: "    if (end.verdict === BridgeVerdict.OK) {",
    to: "    if (end.verdict !== BridgeVerdict.NULL_VALUE) {",
    scene: "bridge",
  },
  {
    name: "account-of-another-sender-continues",
    file: "src/bridge/receiver-route.ts",
    from: "      this.account = new BridgeAccount();\n",
    to: "",
    scene: "bridge",
  },
  {
    name: "output-waits-for-readers-indefinitely",
    file: "src/bridge/output-stream.ts",
    from: "    this.#isBegun = producer.hasReaders(1) || this.#firstReader.hasExpired(nowNs);",
    to: "    this.#isBegun = producer.hasReaders(99);",
    scene: "bridge",
  },
  {
    // A frame that the sender gives up is counted on both sides.
    name: "refused-frames-count-before-their-end",
    file: "src/bridge/frame-assembly.ts",
    from: "      if (isIntact) this.#target.pass();",
    to: "      this.#target.pass();",
    scene: "bridge",
  },
];
