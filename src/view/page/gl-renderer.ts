import { colourTable } from "./colour-maps.ts";
import { LOG_CONTRAST, SCALES, type Tone } from "./tone.ts";
import { type Numbers, numbersOf, type Picture } from "./values.ts";

/** Six numbers of an affine map: from a place in device pixels, from the top left, to one in pixels of the picture. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** What draws pictures, with WebGL or without. */
export interface Renderer {
  readonly maxSide: number;
  setPicture(picture: Picture): void;
  draw(toPicture: Affine, tone: Tone): void;
  /** Everything that it holds on the graphics card. */
  close(): void;
}

const VERTEX = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

const fragment = (sampler: string): string => `#version 300 es
precision highp float;
precision highp int;
precision highp ${sampler};
uniform ${sampler} data;
uniform sampler2D colours;
uniform vec3 acrossMap;
uniform vec3 downMap;
uniform float canvasHeight;
uniform ivec2 size;
uniform int channels;
uniform vec2 range;
uniform int scale;
uniform bool marksClipped;
uniform int taps;
out vec4 result;

float placeOf(float value) {
  float place = range.y > range.x ? (value - range.x) / (range.y - range.x) : value > range.y ? 1.0 : value < range.x ? 0.0 : 0.5;
  place = clamp(place, 0.0, 1.0);
  if (scale == 1) return log(1.0 + ${LOG_CONTRAST}.0 * place) / log(1.0 + ${LOG_CONTRAST}.0);
  if (scale == 2) return sqrt(place);
  return place;
}

bool isNothing(float value) {
  return (floatBitsToUint(value) & 0x7fffffffu) > 0x7f800000u;
}

/** The mean over the area of a device pixel, without NaN. */
float valueAt(vec2 centre, vec2 step, int channel) {
  float sum = 0.0;
  float count = 0.0;
  float nothing = 0.0;
  for (int j = 0; j < taps; j++) {
    for (int i = 0; i < taps; i++) {
      vec2 offset = (vec2(float(i), float(j)) + 0.5) / float(taps) - 0.5;
      ivec2 at = clamp(ivec2(floor(centre + offset * step)), ivec2(0), size - 1);
      float value = float(texelFetch(data, ivec2(at.x * channels + channel, at.y), 0).r);
      if (isNothing(value)) {
        nothing = value;
      } else {
        sum += value;
        count += 1.0;
      }
    }
  }
  return count > 0.0 ? sum / count : nothing;
}

void main() {
  vec3 here = vec3(gl_FragCoord.x, canvasHeight - gl_FragCoord.y, 1.0);
  vec2 place = vec2(dot(acrossMap, here), dot(downMap, here));
  if (any(lessThan(place, vec2(0.0))) || any(greaterThanEqual(place, vec2(size)))) {
    result = vec4(0.0);
    return;
  }
  vec2 step = abs(vec2(acrossMap.x + acrossMap.y, downMap.x + downMap.y));
  float first = valueAt(place, step, 0);
  if (isNothing(first)) {
    bool isLine = mod(here.x + here.y, 8.0) < 3.0;
    result = isLine ? vec4(0.45, 0.45, 0.5, 1.0) : vec4(0.2, 0.2, 0.23, 1.0);
    return;
  }
  vec3 values = vec3(first);
  if (channels >= 3) values = vec3(first, valueAt(place, step, 1), valueAt(place, step, 2));
  if (marksClipped && any(greaterThan(values, vec3(range.y)))) {
    result = vec4(1.0, 0.18, 0.25, 1.0);
  } else if (marksClipped && any(lessThan(values, vec3(range.x)))) {
    result = vec4(0.1, 0.45, 1.0, 1.0);
  } else if (channels >= 3) {
    result = vec4(placeOf(values.r), placeOf(values.g), placeOf(values.b), 1.0);
  } else {
    result = texelFetch(colours, ivec2(int(floor(placeOf(first) * 255.0 + 0.5)), 0), 0);
  }
}`;

type SamplerKind = "usampler2D" | "isampler2D" | "sampler2D";

interface TextureFormat {
  readonly sampler: SamplerKind;
  readonly internal: number;
  readonly format: number;
  readonly type: number;
}

/** Draws pictures with WebGL2: every value is in a texture of its own dtype, and is fetched as it is. */
export class GlRenderer implements Renderer {
  readonly maxSide: number;
  readonly #canvas: HTMLCanvasElement;
  readonly #gl: WebGL2RenderingContext;
  #programs = new Map<SamplerKind, WebGLProgram>();
  #data: WebGLTexture | null = null;
  #dataKey = "";
  #colours: WebGLTexture | null = null;
  #coloursKey = "";
  #picture: Picture | null = null;
  #format: TextureFormat | null = null;
  /** Taken from each value before it became a 32-bit float. */
  #offset = 0;

  private constructor(canvas: HTMLCanvasElement, gl: WebGL2RenderingContext) {
    this.#canvas = canvas;
    this.#gl = gl;
    this.maxSide = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
  }

  /** Null where the browser has no WebGL2. `onRestored`: everything has to be drawn again. */
  static on(canvas: HTMLCanvasElement, onRestored: () => void): GlRenderer | null {
    const gl = canvas.getContext("webgl2", { antialias: false, preserveDrawingBuffer: true, alpha: true });
    if (gl === null) return null;
    const renderer = new GlRenderer(canvas, gl);
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => {
      renderer.#forget();
      onRestored();
    });
    return renderer;
  }

  setPicture(picture: Picture): void {
    const gl = this.#gl;
    const { values, offset } = displayValues(picture);
    const format = textureFormat(gl, values);
    this.#picture = picture;
    this.#format = format;
    this.#offset = offset;
    const [width, height] = [picture.width * picture.channels, picture.height];
    const key = `${format.internal} ${width} ${height}`;
    gl.activeTexture(gl.TEXTURE0);
    if (this.#data === null || key !== this.#dataKey) {
      gl.deleteTexture(this.#data);
      this.#data = gl.createTexture();
      gl.bindTexture(gl.TEXTURE_2D, this.#data);
      gl.texStorage2D(gl.TEXTURE_2D, 1, format.internal, Math.max(1, width), Math.max(1, height));
      nearest(gl);
      this.#dataKey = key;
    }
    gl.bindTexture(gl.TEXTURE_2D, this.#data);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    if (width > 0 && height > 0)
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, height, format.format, format.type, values);
  }

  draw([a, b, c, d, e, f]: Affine, tone: Tone): void {
    const gl = this.#gl;
    const { width, height } = this.#canvas;
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    const picture = this.#picture;
    if (picture === null || this.#format === null || picture.width * picture.height === 0) return;
    const program = this.#program(this.#format.sampler);
    this.#bindColours(tone);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.#data);
    gl.useProgram(program);
    const at = (name: string): WebGLUniformLocation | null => gl.getUniformLocation(program, name);
    gl.uniform1i(at("data"), 0);
    gl.uniform1i(at("colours"), 1);
    gl.uniform3f(at("acrossMap"), a, c, e);
    gl.uniform3f(at("downMap"), b, d, f);
    gl.uniform1f(at("canvasHeight"), height);
    gl.uniform2i(at("size"), picture.width, picture.height);
    gl.uniform1i(at("channels"), picture.channels);
    gl.uniform2f(at("range"), tone.low - this.#offset, tone.high - this.#offset);
    gl.uniform1i(at("scale"), SCALES.indexOf(tone.scale));
    gl.uniform1i(at("marksClipped"), tone.marksClipped ? 1 : 0);
    const pixels = Math.max(Math.abs(a) + Math.abs(c), Math.abs(b) + Math.abs(d));
    gl.uniform1i(at("taps"), Math.min(8, Math.max(1, Math.round(pixels))));
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  close(): void {
    this.#gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  #bindColours({ map, isInverted }: Tone): void {
    const gl = this.#gl;
    const key = `${map} ${isInverted}`;
    gl.activeTexture(gl.TEXTURE1);
    if (this.#colours !== null && key === this.#coloursKey) {
      gl.bindTexture(gl.TEXTURE_2D, this.#colours);
      return;
    }
    this.#colours ??= gl.createTexture();
    this.#coloursKey = key;
    gl.bindTexture(gl.TEXTURE_2D, this.#colours);
    const table = colourTable(map, isInverted);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, table);
    nearest(gl);
  }

  #program(sampler: SamplerKind): WebGLProgram {
    const known = this.#programs.get(sampler);
    if (known !== undefined) return known;
    const gl = this.#gl;
    const program = gl.createProgram();
    for (const [kind, source] of [
      [gl.VERTEX_SHADER, VERTEX],
      [gl.FRAGMENT_SHADER, fragment(sampler)],
    ] as const) {
      const shader = gl.createShader(kind);
      if (shader === null) continue;
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true && !gl.isContextLost())
      throw new Error(`the shader could not be linked: ${gl.getProgramInfoLog(program)}`);
    this.#programs.set(sampler, program);
    return program;
  }

  #forget(): void {
    this.#programs = new Map();
    this.#data = null;
    this.#colours = null;
    this.#dataKey = "";
    this.#coloursKey = "";
    if (this.#picture !== null) this.setPicture(this.#picture);
  }
}

function nearest(gl: WebGL2RenderingContext): void {
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
}

/** Values that a texture holds: 64-bit ones as 32-bit floats, from the least value on, so that a small range far from 0 stays visible. */
function displayValues({ values, dtype }: Picture): { readonly values: Numbers; readonly offset: number } {
  if (dtype !== "float64" && dtype !== "int64" && dtype !== "uint64") return { values: values as Numbers, offset: 0 };
  const numbers = numbersOf(values);
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < numbers.length; i++) if ((numbers[i] as number) < least) least = numbers[i] as number;
  const offset = Number.isFinite(least) ? least : 0;
  const floats = new Float32Array(numbers.length);
  for (let i = 0; i < numbers.length; i++) floats[i] = (numbers[i] as number) - offset;
  return { values: floats, offset };
}

function textureFormat(gl: WebGL2RenderingContext, values: Numbers): TextureFormat {
  const unsigned = (internal: number, type: number): TextureFormat => ({
    sampler: "usampler2D",
    internal,
    format: gl.RED_INTEGER,
    type,
  });
  const signed = (internal: number, type: number): TextureFormat => ({
    sampler: "isampler2D",
    internal,
    format: gl.RED_INTEGER,
    type,
  });
  if (values instanceof Uint8Array) return unsigned(gl.R8UI, gl.UNSIGNED_BYTE);
  if (values instanceof Uint16Array) return unsigned(gl.R16UI, gl.UNSIGNED_SHORT);
  if (values instanceof Uint32Array) return unsigned(gl.R32UI, gl.UNSIGNED_INT);
  if (values instanceof Int8Array) return signed(gl.R8I, gl.BYTE);
  if (values instanceof Int16Array) return signed(gl.R16I, gl.SHORT);
  if (values instanceof Int32Array) return signed(gl.R32I, gl.INT);
  return { sampler: "sampler2D", internal: gl.R32F, format: gl.RED, type: gl.FLOAT };
}
