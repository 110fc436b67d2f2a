import { expect, test } from "bun:test";
import { CountersReader } from "../../src/aeron/counters-reader.ts";
import { CounterSet } from "../../src/core/counters.ts";
import { CounterExport } from "../../src/roles/counter-export.ts";
import { Rig } from "../support/rig.ts";

const TYPE_IDS = { always: 20_001, later: 20_002, never: 20_003 } as const;

test("a role shows the counters that say it is there, and others from the moment on that they are not 0", async () => {
  await using rig = new Rig();
  const counters = new CounterSet({
    always: { typeId: TYPE_IDS.always, help: "" },
    later: { typeId: TYPE_IDS.later, help: "" },
    never: { typeId: TYPE_IDS.never, help: "" },
  });
  const shown = new CounterExport(rig.connection, "test", counters.list, 7, 8, { always: ["always"] });
  rig.until(() => rig.connection.isReady, "the counters that are always shown");
  using reader = CountersReader.open(rig.aeronDir);
  const seen = (): Record<number, number> =>
    Object.fromEntries(
      reader.snapshot((typeId) => typeId > 20_000).map(({ typeId, value }) => [typeId, Number(value)]),
    );
  expect(seen()).toEqual({ [TYPE_IDS.always]: 0 });
  counters.of.later.add(3);
  shown.copy();
  rig.until(() => rig.connection.isReady, "the counter that is shown since it is not 0");
  counters.of.later.set(0);
  shown.copy();
  expect(seen()).toEqual({ [TYPE_IDS.always]: 0, [TYPE_IDS.later]: 0 });
  counters.of.later.set(5);
  shown.copy();
  expect(seen()).toEqual({ [TYPE_IDS.always]: 0, [TYPE_IDS.later]: 5 });
  shown.close();
  rig.settle();
  expect(seen()).toEqual({});
});
