/** A stream that begins like yuv4mpeg2, for comparisons with FFmpeg. */
export interface Y4mCase {
  readonly what: string;
  readonly bytes: Uint8Array;
  /** Why it is read here although FFmpeg refuses it. */
  readonly readHereOnly?: string;
}

const COLORSPACES: readonly string[] = [
  ...["", "C420", "C420jpeg", "C420mpeg2", "C420paldv", "C411", "C422", "C444", "C444alpha", "Cmono"],
  ...["C420p9", "C420p10", "C420p12", "C420p14", "C420p16", "C422p9", "C422p10", "C422p12", "C422p14", "C422p16"],
  ...["C444p9", "C444p10", "C444p12", "C444p14", "C444p16", "Cmono9", "Cmono10", "Cmono12", "Cmono16"],
];

const ODD_COLORSPACES: readonly string[] = [
  ...["C410", "C420p8", "C420p17", "C444p", "Cmono8", "C422jpeg", "C420JPEG", "C", "Crgb", "C440", "CxYSCSS"],
  ...["C411p10", "C444alpha10", "C420p11", "C444p13", "Cmono14", "Cmono11", "C420jpeg\r"],
];

const WORDS: readonly string[] = [
  ...["", "F30:1", "F30000:1001", "F0:0", "F25:0", "F0:1", "F30", "F-1:1", "Fx", "F30:1:1", "F30/1"],
  ...["Ip", "It", "Ib", "I?", "Im", "Ix", "I", "Ipp"],
  ...["A1:1", "A0:0", "A128:117", "A1", "Ax", "A-1:1"],
  ...["X", "Xcomment", "XCOLORRANGE=FULL", "XCOLORRANGE=LIMITED", "XCOLORRANGE=other", "XYSCSS=420JPEG"],
  ...["XYSCSS=420MPEG2", "XYSCSS=420PALDV", "XYSCSS=411", "XYSCSS=422", "XYSCSS=444", "XYSCSS=410", "XYSCSS="],
  ...["C444 XYSCSS=420JPEG", "XYSCSS=420JPEG C444", "XYSCSS=411 XYSCSS=444", "XGr\u00fc\u00dfe", "X\u00ff\u0080\u0001"],
  ...["Q1", "w4", "W4", "H4", "F25:1 F30:1", "C420 C444", "  Ip  ", "\tIp", "D1"],
  ...["XA=1:1 Xb Xc", "F30:1 Ip A1:1 C420mpeg2 XYSCSS=420MPEG2", "XW9", "XC444"],
];

const SIZES: readonly string[] = [
  ...["W16 H8", "W17 H9", "W1 H1", "W2 H1", "W3 H5", "W4 H4", "H8 W16", "W016 H8", "W16 H08"],
  ...["W0 H8", "W16 H0", "W-16 H8", "W16", "H8", "", "W16.5 H8", "W H8", "W16x H8", "W16 Hx", "W99999 H99999"],
];

const FRAMES: readonly string[] = [
  "FRAME",
  "FRAME ",
  "FRAME Ip",
  "FRAME Xa Xb",
  "FRAMEX",
  "FRAME\r",
  "frame",
  "FRAM",
  "",
];

/** More samples than any of the frames has. */
const SAMPLES = Buffer.from(Uint8Array.from({ length: 4096 }, (_, i) => (i % 2 === 0 ? (i * 7) & 0xff : 0)));

function stream(header: string, frame = "FRAME"): Uint8Array {
  return Buffer.concat([Buffer.from(`${header}\n${frame}\n`, "latin1"), SAMPLES]);
}

/** Streams of one frame: those that FFmpeg writes, those that others write, and those that are none. */
export function y4mCases(): Y4mCase[] {
  const cases: Y4mCase[] = [];
  const add = (header: string, frame = "FRAME", more: Partial<Y4mCase> = {}): void => {
    const what = JSON.stringify(`${header.slice(0, 120)}\n${frame}`);
    cases.push({ what, bytes: stream(header, frame), ...more });
  };
  for (const colorspace of COLORSPACES) for (const size of ["W16 H8", "W17 H9"]) add(`YUV4MPEG2 ${size} ${colorspace}`);
  for (const colorspace of ODD_COLORSPACES) add(`YUV4MPEG2 W16 H8 ${colorspace}`);
  for (const words of WORDS) add(`YUV4MPEG2 W16 H8 ${words}`);
  for (const words of WORDS.slice(0, 30)) add(`YUV4MPEG2 ${words} W16 H8`);
  for (const size of SIZES) add(`YUV4MPEG2 ${size} Cmono`);
  for (const frame of FRAMES) add("YUV4MPEG2 W16 H8 Cmono", frame);
  for (const magic of ["YUV4MPEG", "yuv4mpeg2", "YUV4MPEG2\t", "YUV4MPEG3", "P5"]) add(`${magic} W16 H8 Cmono`);
  for (const length of [40, 60, 120, 300, 1_900, 16_000]) {
    const readHereOnly = length < 60 ? {} : { readHereOnly: "FFmpeg reads lines of less than 97 bytes" };
    add(`YUV4MPEG2 W16 H8 Cmono X${"x".repeat(length)}`, "FRAME", readHereOnly);
  }
  return cases;
}
