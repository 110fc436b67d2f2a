/** The meaning of a log warning or error, and what to do about it: for the tables of the docs. */
export interface LineAdvice {
  /** The text of the line, if the code only passes it on. */
  readonly reads?: string;
  readonly means: string;
  readonly remedy: string;
}

/** Advice for the lines of a folder's files: by the file's path in the folder, then by the text. */
export type LogAdvice = Readonly<Record<string, Readonly<Record<string, LineAdvice>>>>;
