import { DESCRIPTOR_FRAME_BYTES } from "../../aeron/channel.ts";
import type { Palette } from "../../core/colours.ts";
import { formatByteRate, formatBytes, formatCount, formatDuration, formatRate } from "../../core/units.ts";
import type { DemoOutcome } from "./demo.ts";
import { explainCause, percentOf, shareOf } from "./numbers.ts";
import type { DemoPlan } from "./plan.ts";
import type { Reading } from "./scoreboard.ts";

/** The space between a number and its unit, where no line is broken. */
const NUMBER_AND_UNIT = /(?<=\d) (?=[a-zA-Z%])/g;
const NO_BREAK = "\u00a0";

/** The summary in sentences for first-time users; at most `width` columns. */
export function summaryText(plan: DemoPlan, outcome: DemoOutcome, palette: Palette, width: number): string[] {
  const { producer, fast, slow } = outcome.totals;
  const wrap = (text: string): string[] =>
    Bun.wrapAnsi(text.replace(NUMBER_AND_UNIT, NO_BREAK), width).replaceAll(NO_BREAK, " ").split("\n");
  const paragraphs = [endingText(outcome)];
  if (producer.frames > 0) paragraphs.push(publishedText(plan, producer, palette));
  else paragraphs.push("The producer published no frame.");
  const lines = paragraphs.filter((text) => text !== "").flatMap((text) => wrap(text));
  lines.push(...lossLines(producer, palette));
  if (producer.frames === 0) return lines;
  lines.push(...wrap(fastText(fast, palette)), ...lossLines(fast, palette));
  lines.push(...wrap(slowText(plan, slow, palette)), ...lossLines(slow, palette));
  lines.push(...wrap(copiesText(producer, fast.bytes + slow.bytes)));
  lines.push(...wrap(palette.dim("The processes have ended, and nothing is left of them.")));
  return lines;
}

function endingText({ ending, elapsedSeconds }: DemoOutcome): string {
  const seconds = `${elapsedSeconds.toFixed(1)} s`;
  switch (ending) {
    case "interrupted":
      return `Interrupted after ${seconds}.`;
    case "terminated":
      return `Ended from outside after ${seconds}.`;
    case "source-ended":
      return `The producer was done after ${seconds}, before the time was over.`;
    default:
      return "";
  }
}

function publishedText(plan: DemoPlan, producer: Reading, palette: Palette): string {
  const frameBytes = producer.bytes / producer.frames;
  const { framesPerSecond, bytesPerSecond } = producer;
  const rates =
    framesPerSecond === null || bytesPerSecond === null
      ? ""
      : `, ${formatRate(framesPerSecond)} or ${formatByteRate(bytesPerSecond)}`;
  const published = `The ${palette.bold("producer")} published ${count(producer.frames)} (${plan.title}, ${formatBytes(frameBytes)} each)${rates}.`;
  return producer.lost === 0 ? published : `${published} It could not hand on ${lost(producer, palette)}:`;
}

function fastText(fast: Reading, palette: Palette): string {
  if (fast.lost === 0) {
    const latency =
      fast.latencyNs === null
        ? ""
        : ` It had each of them ${formatDuration(fast.latencyNs)} after the producer began to fill it, on average.`;
    return `The ${palette.bold("fast consumer")} accepted ${palette.green(`all ${formatCount(fast.frames)}`)}: nothing was lost.${latency}`;
  }
  return `The ${palette.bold("fast consumer")} accepted ${count(fast.frames)} (${share(fast)}) and lost ${lost(fast, palette)}:`;
}

function slowText(plan: DemoPlan, slow: Reading, palette: Palette): string {
  const held = `The ${palette.bold("slow consumer")} held each frame for ${formatDuration(plan.delayNs)} on purpose`;
  if (slow.lost === 0) return `${held} and still accepted all ${formatCount(slow.frames)}: it never fell far behind.`;
  const latency = slow.latencyNs === null ? "" : `, ${formatDuration(slow.latencyNs)} old on average`;
  return (
    `${held}: it accepted ${count(slow.frames)} (${share(slow)})${latency}, and lost ${lost(slow, palette)}. ` +
    "Live frames are dropped when a consumer does not take them in time, so neither the producer nor the fast consumer waited for it. " +
    "It lost:"
  );
}

function copiesText(producer: Reading, readBytes: number): string {
  return (
    `Each frame was written once, into shared memory, and read there: the consumers read ${formatBytes(readBytes)} ` +
    `without a copy. Through Aeron went a message of ${DESCRIPTOR_FRAME_BYTES} bytes for each frame, ` +
    `${formatBytes(producer.frames * DESCRIPTOR_FRAME_BYTES)} in all.`
  );
}

/** Every cause of loss with its meaning. */
function lossLines({ losses }: Reading, palette: Palette): string[] {
  const width = Math.max(0, ...losses.map(({ cause }) => cause.length));
  return losses.map(
    ({ cause, frames }) =>
      `  ${formatCount(frames).padStart(9)}  ${cause.padEnd(width)}  ${palette.dim(explainCause(cause))}`,
  );
}

function count(frames: number): string {
  return `${formatCount(frames)} ${frames === 1 ? "frame" : "frames"}`;
}

function share(score: Reading): string {
  return `${percentOf(shareOf(score) ?? 0)} %`;
}

function lost(score: Reading, palette: Palette): string {
  return palette.yellow(formatCount(score.lost));
}
