import { codeOf, textFiles } from "./source-tree.ts";

/** A warning or an error that the program may log; what differs from case to case is "…". */
export interface LogMessage {
  readonly level: "WARN" | "ERROR";
  readonly text: string;
  readonly path: string;
}

const CALL = /\b\w*[lL]og(?:ger)?\.(warn|error)\(/g;

/** Every warning and error in the code of the program. What is passed on from elsewhere is "…" alone. */
export function logMessages(): LogMessage[] {
  return codeOf(textFiles())
    .filter(({ path }) => path.startsWith("src/"))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .flatMap(({ path, text }) =>
      [...text.matchAll(CALL)].flatMap((call) => {
        const level = call[1] === "warn" ? "WARN" : "ERROR";
        return messagesOf(text, call.index + call[0].length).map(
          (message) => ({ level, text: message, path }) as const,
        );
      }),
    );
}

/** The texts that the first argument from `start` on may have: several where it is a choice. */
function messagesOf(code: string, start: number): string[] {
  const messages: string[] = [];
  let isContinued = false;
  let depth = 0;
  for (let at = start; at < code.length; at++) {
    const char = code[at] as string;
    if (char === '"' || char === "`") {
      const [text, end] = literalAt(code, at);
      if (isContinued && messages.length > 0) messages.push(`${messages.pop()}${text}`);
      else messages.push(text);
      isContinued = false;
      at = end;
    } else if (char === "+") isContinued = true;
    else if ("([{".includes(char)) depth++;
    else if (")]}".includes(char) && --depth < 0) break;
    else if (char === "," && depth === 0) break;
  }
  // A text that is only compared with is none that is printed.
  const printed = messages.filter((message) => message.includes(" "));
  return printed.length === 0 ? ["…"] : printed;
}

/** A literal with "…" for what is put in, and where it ends. */
function literalAt(code: string, start: number): [text: string, end: number] {
  const quote = code[start];
  let text = "";
  for (let at = start + 1; at < code.length; at++) {
    if (code[at] === quote) return [text, at];
    if (code[at] === "\\") text += code[++at];
    else if (quote === "`" && code.startsWith("${", at)) {
      let depth = 0;
      for (at += 1; at < code.length; at++) {
        if (code[at] === "`") at = literalAt(code, at)[1];
        else if (code[at] === "{") depth++;
        else if (code[at] === "}" && --depth === 0) break;
      }
      text += "…";
    } else text += code[at];
  }
  throw new Error(`a literal without an end: ${code.slice(start, start + 60)}`);
}
