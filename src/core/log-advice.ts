/** What a warning or an error of the log means, and what to do about it: for the tables of the docs. */
export interface LineAdvice {
  /** How the line reads, where the code only passes it on. */
  readonly reads?: string;
  readonly means: string;
  readonly remedy: string;
}

/** Of the lines of a folder's files: by the path of the file in the folder, and the text there. */
export type LogAdvice = Readonly<Record<string, Readonly<Record<string, LineAdvice>>>>;
