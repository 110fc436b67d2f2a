// docs/LIBRARY.md follows from the doc comments of what src/index.ts exports: `npm run generate:library`.
import { join } from "node:path";
import { type Declaration, publicDeclarations } from "./declarations.ts";
import { ROOT } from "./source-tree.ts";

export const LIBRARY_PAGE = join(ROOT, "docs", "LIBRARY.md");

/** In the order in which they are read; every public name is in one of them. */
const SECTIONS: readonly { readonly title: string; readonly about: string; readonly names: readonly string[] }[] = [
  {
    title: "Connecting",
    about: "One pool per process: an Aeron client, a scheduler, and the producers and consumers that are added.",
    names: [
      "TensorPool",
      "ConnectOptions",
      "Drive",
      "AddProducerOptions",
      "AddConsumerOptions",
      "AddDriverOptions",
      "StreamLayoutOptions",
      "Driver",
      "DriverCounterName",
      "AeronStreams",
      "Agent",
    ],
  },
  {
    title: "Producing",
    about:
      "Claim a slot, fill it in place, commit it; or offer an array, which costs a copy. `producer.counters.of.NAME.value` are the [counters](OPERATIONAL_PLAYBOOK.md#of-a-producer).",
    names: [
      "Producer",
      "Slot",
      "ClaimRefusal",
      "processNs",
      "OfferResult",
      "Flow",
      "FrameShape",
      "ConsumerConfig",
      "ProducerCounterName",
      "RoleCounters",
    ],
  },
  {
    title: "Consuming",
    about:
      "A frame in shared memory may be overwritten while it is read, so the outcome is part of every way of reading: `settled` of `poll`, the result of `read`, the copies of `frames`.",
    names: [
      "Consumer",
      "PollOptions",
      "FrameHandler",
      "ReadResult",
      "ReadFailure",
      "Frame",
      "SlotPlace",
      "RegionPlace",
      "OwnedFrame",
      "CollectorOptions",
      "ConsumerMode",
      "LossCause",
      "LOSS_CAUSES",
      "totalLost",
      "ConsumerCounterName",
    ],
  },
  {
    title: "Bridges and decimators",
    about:
      "Frames to another host, or a part of them on a second stream: [BRIDGE.md](BRIDGE.md) has the guarantees. [examples/bridge.ts](../examples/bridge.ts) is a program.",
    names: [
      "BridgeSender",
      "AddBridgeSenderOptions",
      "BridgeReceiver",
      "AddBridgeReceiverOptions",
      "BridgedStream",
      "SenderLedger",
      "ReceiverLedger",
      "Decimator",
      "AddDecimatorOptions",
    ],
  },
  {
    title: "Shapes, values and attributes",
    about: "",
    names: [
      "Dtype",
      "DTYPE_NAMES",
      "MajorOrder",
      "FrameLayout",
      "contiguousLayout",
      "Values",
      "Attribute",
      "textAttribute",
      "attributeText",
    ],
  },
  {
    title: "Recorders",
    about:
      "Frames to MCAP files, or the last seconds of them when something happens: [RECORDING.md](RECORDING.md) has the guarantees, [examples/recorder.ts](../examples/recorder.ts) is a program.",
    names: ["Recorder", "AddRecorderOptions", "RecorderStream", "RecorderState"],
  },
  {
    title: "Recordings",
    about: "`await using recording = await openRecording(path)`: frames by time or number, in any order.",
    names: [
      "openRecording",
      "Recording",
      "RecordedStream",
      "RecordedFrame",
      "FrameRange",
      "LedgerRow",
      "RecordingMetadata",
    ],
  },
  {
    title: "Pictures",
    about: "For a web server: `new Response(await encodePng(frame), { headers: { 'content-type': 'image/png' } })`.",
    names: ["encodePng", "PictureFrame", "PngOptions", "ValueRange"],
  },
  {
    title: "Modules",
    about: "What a file exports that `--source module:FILE` or `--sink module:FILE` names; examples/modules has some.",
    names: [
      "defineSource",
      "defineSink",
      "ModuleContext",
      "SourceExport",
      "SourceDefinition",
      "FillSource",
      "FrameToFill",
      "FrameSource",
      "YieldedFrame",
      "YieldedFrames",
      "SourceLayout",
      "SinkExport",
      "SinkDefinition",
      "ViewSink",
      "ViewedFrame",
      "CopySink",
      "KeptFrame",
      "ModuleFrame",
    ],
  },
  {
    title: "Errors",
    about:
      "Each has a `code` of a closed set, what was expected and found, and the rule that is broken where there is one.",
    names: [
      "TensorPoolError",
      "UsageError",
      "OptionError",
      "NotFoundError",
      "ConnectError",
      "AttachError",
      "DriverError",
      "ProducerError",
      "ConsumerError",
      "RegionCreateError",
      "RegionError",
      "SourceError",
      "SinkError",
      "RecordingError",
      "RecorderError",
    ],
  },
];

/** The whole page. @throws when a public name is in no section, or a section names what is not public */
export function libraryPage(): string {
  const declarations = publicDeclarations();
  const listed = SECTIONS.flatMap(({ names }) => names);
  const unlisted = [...declarations.keys()].filter((name) => !listed.includes(name));
  const gone = listed.filter((name) => !declarations.has(name));
  if (unlisted.length + gone.length > 0) {
    throw new Error(`test/support/library-page.ts: not in a section: ${unlisted}; not exported any more: ${gone}`);
  }
  return [
    "# The library",
    'What `import ... from "tensorpool"` gives, in Bun. [README.md](../README.md#as-a-library) has a first example,\n[examples/](../examples) programs to run, [INTEGRATION_EXAMPLES.md](INTEGRATION_EXAMPLES.md#in-a-bun-server) a web server.',
    "A handler that allocates nothing makes no allocation per frame: objects that are handed out are used again for the next\nframe, so keep copies, not them. Times are in the unit that their name says; seqs are exact numbers, epochs `bigint`.",
    "<!-- Generated from the doc comments of src/index.ts's exports, by npm run generate:library -->",
    contents(),
    ...SECTIONS.map(({ title, about, names }) =>
      [`## ${title}`, about, ...names.map((name) => entry(declarations.get(name) as Declaration))]
        .filter((part) => part !== "")
        .join("\n\n"),
    ),
    "",
  ]
    .join("\n\n")
    .replace(/\n+$/, "\n");
}

function contents(): string {
  const rows = SECTIONS.map(({ title, names }) => {
    const links = names.map((name) => `[${name}](#${name.toLowerCase()})`).join(", ");
    return `| ${title} | ${links} |`;
  });
  return ["| section | |", "| --- | --- |", ...rows].join("\n");
}

function entry({ name, doc, code }: Declaration): string {
  const parts = [`### ${name}`, doc.replace(/ ?@throws /g, "\n\nThrows "), `\`\`\`ts\n${code}\n\`\`\``];
  return parts.filter((part) => part !== "").join("\n\n");
}
