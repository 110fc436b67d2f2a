import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GeneralSettings } from "../../src/config/index.ts";
import { configFile } from "../support/config-schema.ts";
import { pages } from "../support/doc-blocks.ts";
import { ROOT } from "../support/source-tree.ts";

const textOf = (path: string): string => readFileSync(join(ROOT, path), "utf8");

describe("what the documentation gives to copy", () => {
  const settings = pages().flatMap((page) =>
    [...textOf(page).matchAll(/```toml\n(.*?)```/gs)].map(([, toml = ""], index) => ({ page, index, toml })),
  );

  test.each(settings)("settings $index of $page are valid", ({ toml }) => {
    const general = new GeneralSettings(configFile(toml), {});
    for (const { profile } of general.streams.values()) expect(general.profiles.has(profile)).toBe(true);
  });

  test("YAML can be read", () => {
    const broken = pages().flatMap((page) =>
      [...textOf(page).matchAll(/```yaml\n(.*?)```/gs)].flatMap(([, yaml = ""]) => {
        try {
          Bun.YAML.parse(yaml);
          return [];
        } catch (error) {
          return [`${page}: ${(error as Error).message}: ${yaml.slice(0, 60)}`];
        }
      }),
    );
    expect(broken).toEqual([]);
  });
});

describe("Grafana's dashboard", () => {
  const dashboard = JSON.parse(textOf("packaging/grafana/tensorpool.json"));

  test("asks for metrics that are described, with the labels that they have", () => {
    const described = textOf("docs/MONITORING.md");
    const queries = dashboard.panels.flatMap((panel: { targets: { expr: string }[] }) =>
      panel.targets.map(({ expr }) => expr),
    );
    expect(queries.length).toBeGreaterThan(10);
    const names = [...queries.join("\n").matchAll(/\btensorpool_\w+/g)].map(([name]) => name);
    expect(names.filter((name) => !described.includes(`\`${name}`))).toEqual([]);
  });

  test("has panels with ids of their own that do not overlap", () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }: { id: number }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }: { gridPos: Record<"x" | "y" | "w" | "h", number> }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos }: { gridPos: { x: number; w: number } }) => gridPos.x + gridPos.w <= 24)).toBe(
      true,
    );
  });
});
