import { RecordingError } from "../../recording/recording-error.ts";
import { RecordingSet, type SetStream } from "../../recording/recording-set.ts";
import { splitPathOptions } from "../path-options.ts";
import {
  checkedRateHz,
  type OptionPlace,
  optionError,
  parseKeyValues,
  refuseLayoutOptions,
  SOURCE,
  type SourceKind,
} from "../spec.ts";
import { errorOfRecording } from "./errors.ts";
import { POSITION_EXPECTED, readPosition } from "./position.ts";
import { newReplay, type ReplayPlan } from "./replay.ts";
import { readSpeed, SPEED_EXPECTED } from "./speed.ts";

const PLACE: OptionPlace = { ...SOURCE, part: "mcap" };
const KEYS = ["stream", "from", "to", "speed", "loop", "stamp"];

export const mcapSource: SourceKind = {
  name: "mcap",
  usage: "mcap:FILE[,..]",
  summary: [
    "a recording (MCAP), or a folder of its parts, with its timing: speed=2 (or max), loop=yes",
    "stream=ID (or its name or topic) where there are several",
    "from=10s to=#500: a time from the beginning, a date or a frame",
    "stamp=now: timestamps of the replay instead of the recorded ones",
    "with {rate} at that rate, and repeated unless {once}",
  ],
  parse(rest, options) {
    refuseLayoutOptions("mcap", options);
    const { path, options: text } = splitPathOptions("mcap", rest, SOURCE, "FILE");
    const values = parseKeyValues(text, KEYS, PLACE);
    const rateHz = checkedRateHz(options);
    const speedText = values.get("speed");
    if (rateHz !== undefined && speedText !== undefined) {
      throw optionError(PLACE, "a rate and a speed are given: leave one of them out");
    }
    const position = (key: "from" | "to") => {
      const value = values.get(key);
      return value === undefined ? null : readValue(value, key, readPosition, POSITION_EXPECTED);
    };
    const loops = oneOf(values.get("loop"), "loop", ["yes", "no"]);
    const plan: ReplayPlan = {
      from: position("from"),
      to: position("to"),
      speed:
        rateHz === undefined
          ? readValue(speedText ?? "1", "speed", readSpeed, SPEED_EXPECTED)
          : Number.POSITIVE_INFINITY,
      isRepeated: loops === undefined ? rateHz !== undefined && options.once !== true : loops === "yes",
      stampsAgain: oneOf(values.get("stamp"), "stamp", ["now", "recorded"]) === "now",
    };
    const wanted = values.get("stream");
    return {
      async open() {
        let set: RecordingSet | null = null;
        try {
          set = RecordingSet.open([path]);
          const [source] = newReplay(set, [chooseStream(set, wanted)], plan, () => `mcap:${rest}`).sources;
          return source as NonNullable<typeof source>;
        } catch (error) {
          set?.close();
          throw errorOfRecording(error);
        }
      },
    };
  },
};

/** The requested stream, or the only one. @throws OptionError if there are several; RecordingError if there is none */
function chooseStream(set: RecordingSet, wanted: string | undefined): SetStream {
  const [first, second] = set.streams;
  if (wanted !== undefined) return set.stream(wanted);
  if (first === undefined) throw new RecordingError("no-such-frame", `${set.name} has no streams of frames`);
  if (second === undefined) return first;
  throw optionError(
    PLACE,
    `${set.name} has several streams (${set.describeStreams()}): say which with stream=, ` +
      "or replay all with `tensorpool replay`",
    { expected: "stream=", found: set.describeStreams() },
  );
}

function oneOf(value: string | undefined, key: string, choices: readonly string[]): string | undefined {
  if (value === undefined || choices.includes(value)) return value;
  const expected = choices.join(" or ");
  throw optionError(PLACE, `${key}: expected ${expected}, found "${value}"`, { expected, found: value });
}

/** One of the values after the path. @throws OptionError */
function readValue<T>(text: string, key: string, read: (text: string) => T | undefined, expected: string): T {
  const value = read(text);
  if (value !== undefined) return value;
  throw optionError(PLACE, `${key}: expected ${expected}, found "${text}"`, { expected, found: text });
}
