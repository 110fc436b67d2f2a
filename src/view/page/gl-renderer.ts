import type { Affine, Size } from "./camera.ts";
import { colourTable } from "./colour-maps.ts";
import { fragmentShader, type SamplerKind, type ShaderKind, UNIFORMS, VERTEX_SHADER } from "./picture-shader.ts";
import type { Tone } from "./tone.ts";
import { type Numbers, numbersOf, type Picture } from "./values.ts";

/** Draws pictures, with WebGL or without. */
export interface Renderer {
  readonly maxSide: number;
  setPicture(picture: Picture): void;
  draw(toPicture: Affine, tone: Tone): void;
  /** Releases its resources on the graphics card. */
  close(): void;
}

interface Program {
  readonly program: WebGLProgram;
  readonly at: Readonly<Record<(typeof UNIFORMS)[number], WebGLUniformLocation | null>>;
}

interface TextureFormat {
  readonly sampler: SamplerKind;
  readonly internal: number;
  readonly format: number;
  readonly type: number;
}

/** Draws pictures with WebGL2: values are kept in a texture of their own dtype and fetched unchanged. */
export class GlRenderer implements Renderer {
  readonly maxSide: number;
  readonly #canvas: HTMLCanvasElement;
  readonly #gl: WebGL2RenderingContext;
  #programs = new Map<string, Program>();
  #data: WebGLTexture | null = null;
  #dataKey = "";
  #colours: WebGLTexture | null = null;
  #coloursKey = "";
  #picture: Picture | null = null;
  #format: TextureFormat | null = null;
  /** Subtracted from each value before the conversion to a 32-bit float. */
  #offset = 0;

  private constructor(canvas: HTMLCanvasElement, gl: WebGL2RenderingContext) {
    this.#canvas = canvas;
    this.#gl = gl;
    this.maxSide = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
  }

  /** Null if the browser has no WebGL2. `onRestored`: everything must be drawn again. */
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

  draw(affine: Affine, tone: Tone): void {
    const [a, b, c, d, e, f] = affine;
    const gl = this.#gl;
    const { width, height } = this.#canvas;
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    const picture = this.#picture;
    if (picture === null || this.#format === null || picture.width * picture.height === 0) return;
    const pixels = Math.max(Math.abs(a) + Math.abs(c), Math.abs(b) + Math.abs(d));
    const taps = Math.min(8, Math.max(1, Math.round(pixels)));
    const { program, at } = this.#program({
      sampler: this.#format.sampler,
      isColour: picture.channels >= 3,
      scale: tone.scale,
      marksClipped: tone.marksClipped,
      isAveraged: taps > 1,
    });
    this.#bindColours(tone);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.#data);
    gl.useProgram(program);
    gl.uniform1i(at.data, 0);
    gl.uniform1i(at.colours, 1);
    gl.uniform3f(at.acrossMap, a, c, e);
    gl.uniform3f(at.downMap, b, d, f);
    gl.uniform1f(at.canvasHeight, height);
    gl.uniform2i(at.size, picture.width, picture.height);
    gl.uniform1i(at.channels, picture.channels);
    gl.uniform2f(at.range, tone.low - this.#offset, tone.high - this.#offset);
    gl.uniform1i(at.taps, taps);
    // Nothing is drawn outside the picture.
    const [left, top, right, bottom] = boxOf(affine, picture, { width, height });
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(left, height - bottom, right - left, bottom - top);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.disable(gl.SCISSOR_TEST);
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

  #program(kind: ShaderKind): Program {
    const key = Object.values(kind).join(" ");
    const known = this.#programs.get(key);
    if (known !== undefined) return known;
    const gl = this.#gl;
    const program = gl.createProgram();
    for (const [stage, source] of [
      [gl.VERTEX_SHADER, VERTEX_SHADER],
      [gl.FRAGMENT_SHADER, fragmentShader(kind)],
    ] as const) {
      const shader = gl.createShader(stage);
      if (shader === null) continue;
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true && !gl.isContextLost())
      throw new Error(`the shader could not be linked: ${gl.getProgramInfoLog(program)}`);
    const at = Object.fromEntries(
      UNIFORMS.map((name) => [name, gl.getUniformLocation(program, name)]),
    ) as Program["at"];
    const linked = { program, at };
    this.#programs.set(key, linked);
    return linked;
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

/** The part of a canvas that shows the picture, in device pixels from the top left. */
function boxOf([a, b, c, d, e, f]: Affine, picture: Size, canvas: Size): readonly [number, number, number, number] {
  const determinant = a * d - b * c;
  const xs: number[] = [];
  const ys: number[] = [];
  for (const x of [0, picture.width]) {
    for (const y of [0, picture.height]) {
      xs.push((d * (x - e) - c * (y - f)) / determinant);
      ys.push((a * (y - f) - b * (x - e)) / determinant);
    }
  }
  const within = (value: number, most: number): number => Math.min(most, Math.max(0, value));
  return [
    within(Math.floor(Math.min(...xs)), canvas.width),
    within(Math.floor(Math.min(...ys)), canvas.height),
    within(Math.ceil(Math.max(...xs)), canvas.width),
    within(Math.ceil(Math.max(...ys)), canvas.height),
  ];
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
