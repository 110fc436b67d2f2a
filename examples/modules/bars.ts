// A source that fills frames in place: `tensorpool producer --source module:examples/modules/bars.ts,width=640`.
import { defineSource, type ModuleContext } from "tensorpool";

export function source({ options }: ModuleContext) {
  const [height, width] = [480, Number(options.width ?? 640)];
  return defineSource({
    layout: { dtype: "uint16", dims: [height, width] },
    rateHz: 30,
    fill(values, { n }) {
      for (let i = 0; i < values.length; i++) values[i] = (((i % width) + n) & 63) * 1024;
    },
  });
}
