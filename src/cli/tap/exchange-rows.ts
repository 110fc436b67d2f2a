import { formatDuration } from "../../core/units.ts";
import { compactFields, nameOf } from "../../observe/decoded-message.ts";
import type { ExchangeMessage } from "../../observe/exchange.ts";
import type { Output, RowStream } from "../output/output.ts";
import { sessionText } from "./message-rows.ts";

const INDENT = "          ";
const MAX_WIDTH = 110;

/** Prints the messages of an exchange as they arrive. As text, each shows all of its fields on separate lines. */
export class ExchangeRows {
  readonly #output: Output;
  readonly #rows: RowStream<ExchangeMessage>;

  constructor(output: Output) {
    this.#output = output;
    this.#rows = output.stream<ExchangeMessage>([], exchangeJson);
  }

  row(row: ExchangeMessage): void {
    if (this.#output.format === "table") this.#print(row);
    else this.#rows.row(row);
  }

  #print({ direction, afterNs, aeronStreamId, sessionId, message }: ExchangeMessage): void {
    const { palette, width } = this.#output;
    const when = direction === "sent" ? "sent" : formatDuration(afterNs);
    const name = "name" in message ? palette.cyan(nameOf(message)) : palette.red(nameOf(message));
    const place = palette.dim(`Aeron stream ${aeronStreamId}, session ${sessionText(sessionId)}`);
    this.#output.line(`${when.padStart(INDENT.length - 2)}  ${name}  ${place}`);
    for (const line of wrapWords(compactFields(message), Math.min(width ?? MAX_WIDTH, MAX_WIDTH) - INDENT.length)) {
      this.#output.line(INDENT + line);
    }
  }
}

/** The message as JSON: the output of `wire decode`, with the message's stream and time. */
function exchangeJson({ direction, afterNs, aeronStreamId, sessionId, message }: ExchangeMessage): unknown {
  return { direction, afterNs, aeronStreamId, sessionId, ...message };
}

/** Breaks text between words; a word longer than a line, such as a path, is kept whole. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && Bun.stringWidth(line) + 1 + Bun.stringWidth(word) > width) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" ? lines : [...lines, line];
}
