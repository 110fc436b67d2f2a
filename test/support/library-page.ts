// docs/LIBRARY.md follows from the doc comments of what src/index.ts exports: `npm run generate:library`.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Declaration, publicDeclarations, publicNames } from "./declarations.ts";
import { libraryExample } from "./library-examples.ts";
import { ROOT } from "./source-tree.ts";

export const LIBRARY_PAGE = join(ROOT, "docs", "LIBRARY.md");

interface Section {
  readonly title: string;
  readonly about: string;
  /** Its name in examples/library/; of modules, which a command runs, the text. */
  readonly example: string | (() => string);
  readonly names: readonly string[];
}

/** In the order in which they are read; every public name is in one of them, with types that public ones are made of. */
const SECTIONS: readonly Section[] = [
  {
    title: "Connecting",
    about: "One pool per process: an Aeron client, a scheduler, and the producers and consumers that are added.",
    example: "connecting",
    names: [
      "TensorPool",
      "ConnectOptions",
      "Drive",
      "IdleChoice",
      "IdleStrategyName",
      "AddProducerOptions",
      "AttachOptions",
      "StandaloneRegionOptions",
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
    title: "Observing",
    about: "What flows on the host: the drivers, streams, producers, consumers and leases of one media driver.",
    example: "observing",
    names: [
      "describeDeployment",
      "DescribeDeploymentOptions",
      "DeploymentView",
      "DriverView",
      "StreamView",
      "RoleView",
      "LeaseView",
      "LifeState",
      "CounterValues",
      "BridgeView",
      "FarReaderFact",
    ],
  },
  {
    title: "Producing",
    about:
      "Claim a slot, fill it in place, commit it; or offer an array, which costs a copy. `producer.counters.of.NAME.value` are the [counters](OPERATIONAL_PLAYBOOK.md#of-a-producer).",
    example: "producing",
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
    example: "consuming",
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
      "A bridge carries frames to another host; a decimator carries a part of them to a second stream. [BRIDGE.md](BRIDGE.md) has the guarantees, and [examples/bridge.ts](../examples/bridge.ts) is a program for two hosts.",
    example: "bridging",
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
      "CarryOptions",
    ],
  },
  {
    title: "Shapes, values and attributes",
    about:
      "Dtypes have NumPy's names. Attributes describe a stream; a frame's `metaVersion` says which of them belong to it.",
    example: "values",
    names: [
      "Dtype",
      "DTYPE_NAMES",
      "MajorOrder",
      "FrameLayout",
      "contiguousLayout",
      "Values",
      "ValuesByDtype",
      "Attribute",
      "textAttribute",
      "attributeText",
    ],
  },
  {
    title: "Recorders",
    about:
      "A recorder writes frames to MCAP files: all of them, or the last seconds when it is triggered. [RECORDING.md](RECORDING.md) has the guarantees, and [examples/recorder.ts](../examples/recorder.ts) is a flight recorder.",
    example: "recording",
    names: ["Recorder", "AddRecorderOptions", "RecorderStream", "RecorderState"],
  },
  {
    title: "Recordings",
    about: "Reads an MCAP file: frames by time or by number, in any order.",
    example: "recordings",
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
    example: "pictures",
    names: ["encodePng", "PictureFrame", "PngOptions", "ValueRange"],
  },
  {
    title: "Modules",
    about: "The exports of a TypeScript file for `--source module:FILE` or `--sink module:FILE`.",
    example: moduleExample,
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
      "SourceState",
      "SourceTraits",
      "SinkExport",
      "SinkDefinition",
      "ViewSink",
      "ViewedFrame",
      "CopySink",
      "KeptFrame",
      "ModuleFrame",
      "SinkTraits",
    ],
  },
  {
    title: "Errors",
    about:
      "Each error has a `code` of a closed set. Where they apply, it also has what was `expected` and `found`, and the protocol's `rule` that was broken.",
    example: "errors",
    names: [
      "TensorPoolError",
      "ErrorDetails",
      "UsageError",
      "OptionError",
      "NotFoundError",
      "ConnectError",
      "AttachError",
      "DriverError",
      "ProducerError",
      "ConsumerError",
      "RegionCreateError",
      "RegionCreateErrorCode",
      "RegionError",
      "RegionErrorCode",
      "SourceError",
      "SourceErrorCode",
      "SinkError",
      "SinkErrorCode",
      "RecordingError",
      "RecordingErrorCode",
      "RecorderError",
      "RecorderErrorCode",
    ],
  },
];

/** The whole page. @throws when a public name is in no section, or a name has no declaration */
export function libraryPage(): string {
  const exported = publicNames().map(({ name }) => name);
  const listed = SECTIONS.flatMap(({ names }) => names);
  const unlisted = exported.filter((name) => !listed.includes(name));
  if (unlisted.length > 0) throw new Error(`test/support/library-page.ts: no section has ${unlisted}`);
  const declarations = publicDeclarations(listed.filter((name) => !exported.includes(name)));
  return [
    "# The library",
    'The reference of `import ... from "tensorpool"` in Bun. Each section begins with an example that runs as it is:\n`bun examples/library/NAME.ts` starts all that it needs. Larger programs are in [examples/](../examples); a web server is in\n[INTEGRATION_EXAMPLES.md](INTEGRATION_EXAMPLES.md#in-a-bun-server).',
    "Reading and writing allocate nothing per frame. The library reuses the objects that it hands out for the next frame: to keep a\nframe, copy it. The name of a time ends with its unit. Seqs are exact numbers, and epochs are `bigint`.\nA few types are only parts of exported ones: they cannot be imported.",
    "<!-- Generated from the doc comments of src/index.ts's exports, by npm run generate:library -->",
    contents(),
    ...SECTIONS.map(({ title, about, example, names }) =>
      [`## ${title}`, about, exampleText(example), ...names.map((name) => entry(declarations.get(name) as Declaration))]
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

function exampleText(example: Section["example"]): string {
  if (typeof example !== "string") return example();
  const { path, code, output } = libraryExample(`examples/library/${example}.ts`);
  return `${listing(path, code)}\n\nIt prints:\n\n\`\`\`text\n${output}\`\`\``;
}

function listing(path: string, code: string): string {
  return `[${path}](../${path}):\n\n\`\`\`ts\n${code}\n\`\`\``;
}

/** Two modules, and the commands that use them: the test of the documentation's commands runs them. */
function moduleExample(): string {
  const files = ["examples/modules/bars.ts", "examples/modules/brightness.ts"];
  return [
    ...files.map((path) => listing(path, readFileSync(join(ROOT, path), "utf8").trimEnd())),
    "Two terminals, a command each; the consumer prints the sink's summary when it ends:",
    "<!-- terminals until: the brightest frame had a mean of \\d+ -->",
    "```sh\ntensorpool producer --standalone --source module:examples/modules/bars.ts,width=320\n" +
      "tensorpool consumer --standalone --sink module:examples/modules/brightness.ts --count 30\n```",
  ]
    .join("\n\n")
    .replace("-->\n\n", "-->\n");
}

function entry({ name, doc, code }: Declaration): string {
  const parts = [`### ${name}`, doc.replace(/ ?@throws /g, "\n\nThrows "), `\`\`\`ts\n${code}\n\`\`\``];
  return parts.filter((part) => part !== "").join("\n\n");
}
