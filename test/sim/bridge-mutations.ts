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
  {
    name: "reports-of-past-receivers-are-forgotten",
    file: "src/bridge/far-account.ts",
    from: "      if (before !== null && before.receiver !== report.receiver) this.#past = sumOf(this.#past, before.ledger);\n",
    to: "",
    scene: "bridge",
  },
  {
    // The columns of a receiver that began late do not add up, and its reports are refused.
    name: "account-begins-at-the-senders-first-frame",
    file: "src/bridge/ledger.ts",
    from: "    return this.#first?.sent ?? 0;",
    to: "    return 0;",
    scene: "bridge",
  },
  {
    name: "frames-beyond-the-window-are-never-admitted",
    file: "src/bridge/admission.ts",
    from: "  return roomBytes >= Math.min(",
    to: "  return roomBytes > Math.min(",
    scene: "bridge",
  },
  {
    name: "loops-are-not-refused",
    file: "src/bridge/stream-path.ts",
    from: "  if (hops.includes(identity))",
    to: '  if (hops.includes(identity) && path === "")',
    scene: "bridge",
  },
  {
    name: "path-ends-with-each-hop",
    file: "src/bridge/stream-path.ts",
    from: "  return PATH.test(before) ?",
    to: "  return PATH.test(before) && identity === before ?",
    scene: "bridge",
  },
  {
    name: "decimated-frames-have-seqs-of-their-own",
    file: "src/bridge/decimator.ts",
    from: "    if (!producer.skipTo(frame.seq)) return",
    to: "    if (frame.seq < 0) return",
    scene: "bridge",
  },
  {
    // A reader of the decimated stream takes the frames in between for lost.
    name: "decimated-stream-does-not-name-its-step",
    file: "src/bridge/decimator.ts",
    from: "    const seqStep = combinedStep(seqStepOf(attributes), this.#options.every);",
    to: "    const seqStep = combinedStep(seqStepOf(attributes), 1);",
    scene: "bridge",
  },
  {
    name: "decimator-keeps-the-epoch-of-a-source-that-ended",
    file: "src/bridge/decimator.ts",
    from: "    if (epoch === this.#epoch) return 0;\n    if (this.#epoch !== null) {",
    to: "    if (epoch === this.#epoch || this.#epoch !== null) return 0;\n    if (this.#epoch !== null) {",
    scene: "bridge",
  },
];
