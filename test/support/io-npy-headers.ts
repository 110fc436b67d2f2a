/** A file that begins like an npy file, for comparisons with NumPy. */
export interface NpyCase {
  readonly what: string;
  readonly bytes: Uint8Array;
  /** True where np.load is stricter than `npy:`, on purpose. */
  readonly readHereOnly?: boolean;
}

const DESCRS: readonly string[] = [
  ...["?", "b", "B", "h", "H", "i", "I", "l", "L", "q", "Q", "p", "P", "e", "f", "d", "g", "F", "D", "G", "c"],
  ...["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "f16", "c8", "c16", "c32"],
  ...["bool", "bool8", "bool_", "byte", "ubyte", "short", "ushort", "intc", "uintc", "int", "int_", "uint", "long"],
  ...["ulong", "longlong", "ulonglong", "intp", "uintp", "int0", "uint0", "half", "single", "double", "float"],
  ...["float_", "longdouble", "longfloat", "float128", "complex", "csingle", "cfloat", "longcomplex", "clongdouble"],
  ...["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32", "float64"],
  ...["complex64", "complex128", "str", "bytes", "object", "void", "S4", "U2", "V4", "a4", "O", "|O8"],
  ...["M8", "M8[ns]", "<M8[ms]", "m8", "m8[s]", "datetime64", "datetime64[us]", "timedelta64[D]"],
  ...["<f4", ">f4", "=f4", "|f4", "<u2", ">u2", ">i8", ">f8", ">b1", ">?", "|?", "<?", ">h", "<d", ">q", "|u1", ">u1"],
  ...["<float32", ">int", "@i4", "!i4", "f4 ", " f4", "f4,f4", "2f4", "(2,)f4", "f4,", "b2", "i3", "u16", "f1"],
  ...["Float32", "FLOAT32", "toString", "constructor", "__proto__", "hasOwnProperty", "", "<", ">", "i4.", "f4:x"],
];

/** Names that NumPy 2 has no more. */
const NUMPY_1_NAMES: readonly string[] = ["bool8", "int0", "uint0", "float_"];

const SHAPES: readonly string[] = [
  ...["()", "(1,)", "(3,)", "(2, 3)", "(2,3,)", "( 2 , 3 )", "(2,\n3)", "(1, 1)", "(0,)", "(2, 0, 3)", "(1,2,1,2)"],
  ...["(1,1,1,1,1,1,1,2)", "(1,1,1,1,1,1,1,1,2)", "(3)", "3", "[3]", "[2, 3]", "(2, 3.0)", "(2, '3')", "(2, None)"],
  ...["(2, -3)", "(True, 3)", "(0x2, 3)", "(0b10, 3)", "(0o2, 3)", "(1_0,)", "(+3,)", "(2L, 3L)", "(2, (3,))", "(,)"],
  ...["(2 3)", "(2, 3", "{}", "None", "'(2, 3)'", "(2, 99999999999999999999)", "(-1,)", "(\t2, 3)", "(2, 3) # rows"],
];

const HEADERS: readonly string[] = [
  "{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3), }",
  "{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3)}",
  '{"descr": "<u2", "fortran_order": False, "shape": (2, 3)}',
  "{'shape': (2, 3), 'fortran_order': True, 'descr': '<u2'}",
  "{  'shape':(2,3),'fortran_order':True,'descr':'<u2'  }",
  "{'descr': u'<u2', 'fortran_order': False, 'shape': (2, 3)}",
  "{'descr': b'<u2', 'fortran_order': False, 'shape': (2, 3)}",
  "{'descr': r'<u2', 'fortran_order': False, 'shape': (2, 3)}",
  "{'descr': '<' 'u2', 'fortran_order': False, 'shape': (2, 3)}",
  "{'descr': '\\x3cu2', 'fortran_order': False, 'shape': (2, 3)}",
  "{'descr': '''<u2''', 'fortran_order': False, 'shape': (2, 3)}",
  "{'de' 'scr': '<u2', 'fortran_order': False, 'shape': (2, 3)}",
  "{'descr': '<u2', # kind\n 'fortran_order': False,\n 'shape': (2, 3)}",
  "{'descr': '<u2', 'descr': '<u4', 'fortran_order': False, 'shape': (2, 3)}",
  "{'descr': '<u2', 'fortran_order': 0, 'shape': (2, 3)}",
  "{'descr': '<u2', 'fortran_order': 'True', 'shape': (2, 3)}",
  "{'descr': '<u2', 'fortran_order': true, 'shape': (2, 3)}",
  "{'descr': '<u2', 'fortran_order': (True), 'shape': (2, 3)}",
  "{'descr': ('<u2'), 'fortran_order': False, 'shape': (2, 3)}",
  "{'descr': ('<u2', (2,)), 'fortran_order': False, 'shape': (2, 3)}",
  "{'descr': [('a', '<u2'), ('b', '<u2')], 'fortran_order': False, 'shape': (2,)}",
  "{'descr': [('a', '<u2', (2,))], 'fortran_order': False, 'shape': (2,)}",
  "{'descr': [], 'fortran_order': False, 'shape': (2,)}",
  "{'descr': {'names': ['a'], 'formats': ['<u2']}, 'fortran_order': False, 'shape': (2,)}",
  "{'descr': 2, 'fortran_order': False, 'shape': (2, 3)}",
  "{'descr': None, 'fortran_order': False, 'shape': (2, 3)}",
  "{'fortran_order': False, 'shape': (2, 3)}",
  "{'descr': '<u2', 'shape': (2, 3)}",
  "{'descr': '<u2', 'fortran_order': False}",
  "{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3), 'more': 1}",
  "{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3), 5: 1}",
  "{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3)} x",
  "{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3)}}",
  "{'descr': '<u2' 'fortran_order': False, 'shape': (2, 3)}",
  "{'descr': '<u2, 'fortran_order': False, 'shape': (2, 3)}",
  "{'descr': __import__('os'), 'fortran_order': False, 'shape': (2, 3)}",
  "{}",
  "",
  "()",
  "[1]",
  "dict(descr='<u2', fortran_order=False, shape=(2, 3))",
  "  {'descr': '<u2', 'fortran_order': False, 'shape': (2, 3)}   ",
];

/** More than the largest of the arrays holds. */
const VALUES = Uint8Array.from({ length: 4096 }, (_, i) => (i % 2 === 0 ? (i / 2) & 0x3f : 0x40));

function file(text: string, version = 1, values: Uint8Array = VALUES): Uint8Array {
  const encoded = Buffer.from(`${text}\n`, version === 3 ? "utf8" : "latin1");
  const prefix = Buffer.alloc(version === 1 ? 10 : 12);
  prefix.set([0x93, ...Buffer.from("NUMPY"), version, 0]);
  if (version === 1) prefix.writeUInt16LE(encoded.length, 8);
  else prefix.writeUInt32LE(encoded.length, 8);
  return Buffer.concat([prefix, encoded, values]);
}

function header(descr: string, order: string, shape: string): string {
  return `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
}

/** A few hundred headers: those that NumPy writes, those that others write, and those that nobody should. */
export function npyCases(): NpyCase[] {
  const cases: NpyCase[] = [];
  const add = (text: string, version = 1, more: Partial<NpyCase> = {}): void => {
    cases.push({ what: `version ${version}: ${text}`, bytes: file(text, version), ...more });
  };
  for (const descr of DESCRS) {
    add(header(descr, "False", "(2, 3)"), 1, NUMPY_1_NAMES.includes(descr) ? { readHereOnly: true } : {});
  }
  for (const descr of ["?", "float32", ">u2", "toString"]) add(header(descr, "True", "(3, 2, 2)"));
  for (const shape of SHAPES) for (const order of ["False", "True"]) add(header("<u2", order, shape));
  // np.load reads what a header may be evaluated to without being told more; here the shape of the values must be written.
  for (const text of HEADERS) for (const version of [1, 2, 3]) add(text, version);
  add(header("<u2", "False", "(2, 3)").padEnd(9_000));
  add(header("<u2", "False", "(2, 3)").padEnd(20_000), 2, { readHereOnly: true });
  add("{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3), 'ü': 1}", 3);
  const plain = file(header("<u2", "False", "(2, 3)"), 1, VALUES.subarray(0, 12));
  for (const length of [0, 1, 5, 6, 8, 9, 10, 50, plain.length - 1]) {
    cases.push({ what: `cut to ${length} bytes`, bytes: plain.slice(0, length) });
  }
  for (const [at, value] of [
    ...[0, 3, 5].map((index) => [index, 0x20] as const),
    ...[0, 2, 3, 4, 255].map((major) => [6, major] as const),
    [7, 1] as const,
  ]) {
    const bytes = plain.slice();
    bytes[at] = value;
    cases.push({ what: `byte ${at} is ${value}`, bytes });
  }
  return cases;
}
