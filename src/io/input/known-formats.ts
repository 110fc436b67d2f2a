/** A file format that users pass by mistake, recognised by its first bytes. */
interface KnownFormat {
  readonly name: string;
  readonly signature: readonly number[];
  /** Offset of the signature; 0 if omitted. */
  readonly at?: number;
  /** The next step for the user; `FILE` stands for the input. */
  readonly wayOut: string;
}

const DECOMPRESS = (program: string): string =>
  `decompress it first, also into a pipe: ${program} -dc FILE | tensorpool producer --source KIND:-`;
const WITH_FFMPEG = "convert it with FFmpeg: ffmpeg -i FILE -f yuv4mpegpipe - | tensorpool producer --source y4m:-";
const ARCHIVE = "save an array of it with NumPy: np.save('frames.npy', np.load('FILE')['NAME'])";

const bytesOf = (text: string): number[] => [...text].map((char) => char.charCodeAt(0));

const KNOWN_FORMATS: readonly KnownFormat[] = [
  { name: "an .npz archive (zip)", signature: bytesOf("PK\x03\x04"), wayOut: ARCHIVE },
  { name: "an empty .npz archive (zip)", signature: bytesOf("PK\x05\x06"), wayOut: ARCHIVE },
  { name: "gzip data (.gz)", signature: [0x1f, 0x8b], wayOut: DECOMPRESS("gzip") },
  { name: "bzip2 data (.bz2)", signature: bytesOf("BZh"), wayOut: DECOMPRESS("bzip2") },
  { name: "xz data (.xz)", signature: bytesOf("\xfd7zXZ\0"), wayOut: DECOMPRESS("xz") },
  { name: "zstd data (.zst)", signature: [0x28, 0xb5, 0x2f, 0xfd], wayOut: DECOMPRESS("zstd") },
  { name: "lz4 data (.lz4)", signature: [0x04, 0x22, 0x4d, 0x18], wayOut: DECOMPRESS("lz4") },
  {
    name: "a Python pickle",
    signature: [0x80],
    wayOut: "save its arrays with NumPy: np.save('frames.npy', np.load('FILE', allow_pickle=True))",
  },
  { name: "an npy file", signature: bytesOf("\x93NUMPY"), wayOut: "read it as npy:FILE" },
  { name: "a yuv4mpeg2 stream", signature: bytesOf("YUV4MPEG2"), wayOut: "read it as y4m:FILE" },
  {
    name: "an HDF5 file",
    signature: bytesOf("\x89HDF"),
    wayOut: "save a dataset of it with h5py and NumPy: np.save('frames.npy', h5py.File('FILE')['NAME'])",
  },
  { name: "a PNG picture", signature: bytesOf("\x89PNG"), wayOut: WITH_FFMPEG },
  { name: "a JPEG picture", signature: [0xff, 0xd8, 0xff], wayOut: WITH_FFMPEG },
  {
    name: "a TIFF picture",
    signature: bytesOf("II*\0"),
    wayOut: "save it with NumPy: np.save('frames.npy', tifffile.imread('FILE'))",
  },
  { name: "a Matroska or WebM video", signature: [0x1a, 0x45, 0xdf, 0xa3], wayOut: WITH_FFMPEG },
  { name: "an AVI or WebP file", signature: bytesOf("RIFF"), wayOut: WITH_FFMPEG },
  { name: "an MP4 or QuickTime video", signature: bytesOf("ftyp"), at: 4, wayOut: WITH_FFMPEG },
];

/** The format with these first bytes, with the next step; null if unknown. */
export function recognise(
  bytes: Uint8Array,
  length: number,
  file: string,
  kind: string,
): { readonly name: string; readonly wayOut: string } | null {
  const found = KNOWN_FORMATS.find(
    ({ signature, at = 0 }) =>
      length >= at + signature.length && signature.every((byte, index) => bytes[at + index] === byte),
  );
  if (found === undefined) return null;
  const shown = file === "stdin" ? "FILE" : file;
  return { name: found.name, wayOut: found.wayOut.replaceAll("FILE", () => shown).replaceAll("KIND", kind) };
}
