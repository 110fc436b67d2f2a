import { LOG_CONTRAST, type Scale } from "./tone.ts";

export type SamplerKind = "usampler2D" | "isampler2D" | "sampler2D";

/** Variant of a program: with software rendering, each saved branch counts for every pixel. */
export interface ShaderKind {
  readonly sampler: SamplerKind;
  readonly isColour: boolean;
  readonly scale: Scale;
  readonly marksClipped: boolean;
  /** Several pixels of the picture fall on one of the screen. */
  readonly isAveraged: boolean;
}

export const UNIFORMS = [
  "data",
  "colours",
  "acrossMap",
  "downMap",
  "canvasHeight",
  "size",
  "channels",
  "range",
  "taps",
] as const;

/** One triangle over the whole canvas. */
export const VERTEX_SHADER = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

const AVERAGED = `
/** The mean over the area of a device pixel, without NaN. */
float valueAt(vec2 centre, vec2 step, int channel) {
  float sum = 0.0;
  float count = 0.0;
  float nothing = 0.0;
  for (int j = 0; j < taps; j++) {
    for (int i = 0; i < taps; i++) {
      vec2 offset = (vec2(float(i), float(j)) + 0.5) / float(taps) - 0.5;
      float value = valueOf(clamp(ivec2(floor(centre + offset * step)), ivec2(0), size - 1), channel);
      if (isNothing(value)) {
        nothing = value;
      } else {
        sum += value;
        count += 1.0;
      }
    }
  }
  return count > 0.0 ? sum / count : nothing;
}`;

const SINGLE = `
float valueAt(vec2 centre, vec2 step, int channel) {
  return valueOf(ivec2(floor(centre)), channel);
}`;

const CLIPPED = `
  if (any(greaterThan(values, vec3(range.y)))) {
    result = vec4(1.0, 0.18, 0.25, 1.0);
    return;
  }
  if (any(lessThan(values, vec3(range.x)))) {
    result = vec4(0.1, 0.45, 1.0, 1.0);
    return;
  }`;

const SCALED: Readonly<Record<Scale, string>> = {
  linear: "place",
  log: `log(1.0 + ${LOG_CONTRAST}.0 * place) / log(1.0 + ${LOG_CONTRAST}.0)`,
  sqrt: "sqrt(place)",
};

const GRAY_VALUES = "vec3 values = vec3(first);";
const COLOUR_VALUES = "vec3 values = vec3(first, valueAt(place, step, 1), valueAt(place, step, 2));";
const GRAY = "result = texelFetch(colours, ivec2(int(floor(placeOf(first) * 255.0 + 0.5)), 0), 0);";
const COLOUR = "result = vec4(placeOf(values.r), placeOf(values.g), placeOf(values.b), 1.0);";

export function fragmentShader({ sampler, isColour, scale, marksClipped, isAveraged }: ShaderKind): string {
  // Integers are never NaN.
  const nothing = sampler === "sampler2D" ? "(floatBitsToUint(value) & 0x7fffffffu) > 0x7f800000u" : "false";
  return `#version 300 es
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
uniform int taps;
out vec4 result;

float placeOf(float value) {
  float place = range.y > range.x ? (value - range.x) / (range.y - range.x) : value > range.y ? 1.0 : value < range.x ? 0.0 : 0.5;
  place = clamp(place, 0.0, 1.0);
  return ${SCALED[scale]};
}

bool isNothing(float value) {
  return ${nothing};
}

float valueOf(ivec2 at, int channel) {
  return float(texelFetch(data, ivec2(at.x * channels + channel, at.y), 0).r);
}
${isAveraged ? AVERAGED : SINGLE}

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
  ${isColour ? COLOUR_VALUES : GRAY_VALUES}
  ${marksClipped ? CLIPPED : ""}
  ${isColour ? COLOUR : GRAY}
}`;
}
