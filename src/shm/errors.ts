import { TensorPoolError } from "../core/errors.ts";
import { shortened } from "../core/text.ts";

/** Why a region is not mapped, or is no longer used; each code belongs to one rule. */
export type RegionErrorCode =
  /** W-25: the URI does not follow the grammar. */
  | "uri-invalid"
  /** W-26: the path lies outside the allowed directories. */
  | "path-not-allowed"
  /** W-26: the target is a directory, a device, a FIFO or a socket. */
  | "not-a-regular-file"
  /** W-27: the opened file is not the one that was checked. */
  | "path-changed"
  /** W-27: the file is too short for the announced slots. */
  | "file-too-short"
  /** W-28: hugepages are required and the file is not backed by them. */
  | "not-hugepages"
  /** W-24: a layout that this version does not support. */
  | "layout-unsupported"
  /** W-03, W-04, W-05: the announced layout contradicts itself or the rules. */
  | "layout-invalid"
  /** W-07: the superblock does not match the announce. */
  | "superblock-mismatch"
  /** W-08: another process writes under the same epoch. */
  | "writer-changed"
  /** D-19: the file is gone or being removed; wait for the next announce. */
  | "region-gone"
  /** W-29: this user may not read the file, or the kernel refuses to map it. */
  | "not-mappable";

const RULES: Readonly<Record<RegionErrorCode, string>> = {
  "uri-invalid": "W-25",
  "path-not-allowed": "W-26",
  "not-a-regular-file": "W-26",
  "path-changed": "W-27",
  "file-too-short": "W-27",
  "not-hugepages": "W-28",
  "layout-unsupported": "W-24",
  "layout-invalid": "W-03",
  "superblock-mismatch": "W-07",
  "writer-changed": "W-08",
  "region-gone": "D-19",
  "not-mappable": "W-29",
};

export interface RefusalDetails {
  /** The refused path or URI; "" for the announce as a whole. */
  subject: string;
  /** The property that is wrong, e.g. "nslots". */
  what: string;
  expected: string;
  found: string;
  /** Only if the code covers several rules. */
  rule?: string;
  cause?: unknown;
}

/** A region, or an announce, was refused (W-31): nothing is mapped. */
export class RegionError extends TensorPoolError<RegionErrorCode> {
  /** The refused path or URI. */
  readonly subject: string;

  constructor(code: RegionErrorCode, details: RefusalDetails) {
    const rule = details.rule ?? RULES[code];
    const subject = details.subject === "" ? "" : `${shown(details.subject)}: `;
    super(
      code,
      `region refused: ${subject}${details.what}: expected ${details.expected}, found ${shown(details.found)}`,
      {
        rule,
        expected: details.expected,
        found: details.found,
        retryable: code === "region-gone",
        cause: details.cause,
      },
    );
    this.subject = details.subject;
  }
}

/** Why regions were not created. */
export type RegionCreateErrorCode =
  /** A name, path, count, stride or mode that the layout does not allow. */
  | "invalid-options"
  /** The file exists: a region is never created over another. */
  | "exists"
  /** The file system has too little room. */
  | "no-space"
  /** A memory cgroup or the machine has too little memory, or too few hugepages. */
  | "no-memory"
  /** This process or the machine cannot open any more files. */
  | "no-descriptors"
  /** W-28: hugepages are required and the directory is not on hugetlbfs. */
  | "not-hugepages"
  /** Another process owns the directory. */
  | "in-use"
  /** A directory on the way is a link, is no directory, or belongs to another user. */
  | "unsafe-directory"
  /** Rights are missing. */
  | "no-access"
  /** D-13: an epoch on disk leaves no higher number. */
  | "epoch-exhausted"
  /** Any other failure of a system call. */
  | "failed";

export interface CreationDetails {
  rule?: string;
  expected?: string;
  found?: string;
  retryable?: boolean;
  /** Options for the next step. */
  options?: readonly string[];
  cause?: unknown;
}

/** Regions could not be created; no partial files remain. */
export class RegionCreateError extends TensorPoolError<RegionCreateErrorCode> {
  constructor(code: RegionCreateErrorCode, message: string, details: CreationDetails = {}) {
    super(code, `region not created: ${message}`, details);
  }
}

/** An operation on a closed mapping. */
export class MappingClosedError extends TensorPoolError<"closed"> {
  constructor() {
    super("closed", "the mapping is closed: expected an open one", {
      expected: "an open mapping",
      found: "a closed one",
    });
  }
}

const SHOWN_CHARACTERS = 300;

/** Foreign text, bounded and on one line, so that it cannot corrupt a log. */
function shown(text: string): string {
  return shortened(text, SHOWN_CHARACTERS);
}
