import type { LogAdvice } from "../core/log-advice.ts";

export const LOG_ADVICE: LogAdvice = {
  "claims/attribute-announcer.ts": {
    "attribute …: larger than … bytes, not handed over": {
      means: "A program that takes claims does not get this attribute of the stream: its record would be too long.",
      remedy: "Use `tensorpool info` to read it, or keep large values out of attributes.",
    },
  },
  "module/ending.ts": {
    "…": {
      reads: "module:FILE: … threw …",
      means: "A module's code failed while it was ended.",
      remedy: "Fix the module. Frames are not affected any more.",
    },
  },
  "y4m/sink.ts": {
    "…": {
      reads: "frame rate or colour is taken to be …",
      means: "The stream's metadata do not say what a y4m header needs; the line says what is assumed.",
      remedy: "Give the producer the attributes, or ignore it.",
    },
  },
  "y4m/source.ts": {
    "…": {
      reads: "parameters of single frames (FRAME …) are not passed on …",
      means: "A y4m input says something of single frames, which metadata, being the stream's, cannot carry.",
      remedy: "None is needed unless a reader wants those parameters.",
    },
  },
};
