import type { MatrixCase } from "./cases.ts";

/** What a case showed. */
export interface Outcome {
  readonly name: MatrixCase["name"];
  readonly deployment: MatrixCase["deployment"];
  readonly subject: MatrixCase["subject"];
  readonly disturbance: MatrixCase["disturbance"];
  readonly moment: MatrixCase["moment"];
  /** Milliseconds from the end of the disturbance to the first new frame, of each role that continued or was started again. */
  readonly recoveryMs: Readonly<Record<string, number>>;
  /** Milliseconds in which the others ended when they were told to, of the moment "last". */
  readonly endMs: Readonly<Record<string, number>>;
  /** Milliseconds after which the roles said that their media driver has died. */
  readonly noticedMs: Readonly<Record<string, number>>;
  /** The longest time that a consumer which nothing happened to saw no frame, in milliseconds. */
  readonly witnessOutageMs: number | null;
  /** Frames lost, by role and cause: in consumers those that were not read, in producers those that were not published. */
  readonly lost: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** What the roles said about it, in short. */
  readonly events: readonly string[];
  /** Paths below the case's folders in /dev/shm when all had ended. */
  readonly left: readonly string[];
  readonly seconds: number;
  /** What should not have been: none where all is well. */
  readonly problems: readonly string[];
}

/** What roles say in a case, and how it is told in short. */
const SAID: readonly (readonly [pattern: RegExp, text: string])[] = [
  [/media driver (died|has ended)/, "media driver gone"],
  [/gave this client up/, "client given up"],
  [/media driver .*gave no sign of life/, "media driver silent"],
  [/media driver .* continues/, "media driver continues"],
  [/connected to the media driver in .* again/, "connected again"],
  [/cannot connect to the media driver/, "cannot connect"],
  [/started a media driver/, "started a media driver"],
  [/the lease on stream .* has ended/, "lease lost"],
  [/attached to stream .* again/, "attached again"],
  [/was paused for .* leases are given that much longer/, "was paused"],
  [/: lease \d+ has expired/, "lease expired"],
  [/: lease \d+ was revoked/, "lease revoked"],
  [/starting a new epoch/, "new epoch"],
  [/and missed \d+ frames/, "said what it missed"],
  [/producer gave no sign of life/, "owner lost"],
  [/was followed by/, "epoch followed"],
  [/the producer has ended the stream/, "stream ended"],
  [/Aeron reports error (\S+)/, "Aeron error"],
];

/** The known events in what a role said, each once, with how often it came. */
export function eventsOf(name: string, stderrLines: readonly string[]): string[] {
  return SAID.flatMap(([pattern, text]) => {
    const lines = stderrLines.filter((line) => pattern.test(line));
    if (lines.length === 0) return [];
    return [`${name}: ${text}${lines.length > 1 ? ` x${lines.length}` : ""}`];
  });
}
