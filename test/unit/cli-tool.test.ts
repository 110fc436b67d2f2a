import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Output, type TextWriter } from "../../src/cli/output/output.ts";

/** Keeps what is written. */
class Pages implements TextWriter {
  isClosed = false;
  error: Error | null = null;
  queuedBytes = 0;
  text = "";

  write(text: string): boolean {
    this.text += text;
    return true;
  }

  async flush(): Promise<void> {}
}

/** A tool in a process of its own, whose body is this code. */
function runTool(body: string, format = "json"): { readonly stdout: string; readonly stderr: string } {
  const here = (path: string): string => JSON.stringify(join(import.meta.dir, "../../src", path));
  const code = `
    import { ToolError, tool } from ${here("cli/tool/tool.ts")};
    const run = tool(async ({ output }) => { ${body} });
    try {
      console.error("ended with " + (await run({ values: { output: ${JSON.stringify(format)} } })));
    } catch (error) {
      console.error(error.name + ": " + error.message);
    }`;
  const { stdout, stderr } = Bun.spawnSync([process.execPath, "-e", code]);
  return { stdout: stdout.toString(), stderr: stderr.toString() };
}

describe("the frame of tools", () => {
  test("rows are a complete JSON array when the tool has ended, and success is 0", () => {
    expect(runTool("output.stream([]).row({ a: 1 });")).toEqual({ stdout: '[ {"a":1}\n]\n', stderr: "ended with 0\n" });
  });

  test("what a tool found before it failed is written, and complete", () => {
    const { stdout, stderr } = runTool('output.stream([]).row({ a: 1 }); throw new ToolError("no lease");');
    expect(JSON.parse(stdout)).toEqual([{ a: 1 }]);
    expect(stderr).toBe("ToolError: no lease\n");
  });

  test("a format of the tool's own is text", () => {
    expect(runTool("output.line(output.format); return 3;", "toml")).toEqual({
      stdout: "table\n",
      stderr: "ended with 3\n",
    });
  });
});

describe("output", () => {
  test("finish ends every stream of rows, once", async () => {
    const pages = new Pages();
    const output = new Output({ format: "json", writer: pages });
    const ended = output.stream([]);
    ended.row({ b: 2 });
    ended.end();
    output.stream([]);
    await output.finish();
    await output.finish();
    expect(pages.text).toBe('[ {"b":2}\n]\n[]\n');
  });

  test("a reader that has gone before is reported at once", () => {
    const pages = new Pages();
    pages.isClosed = true;
    let calls = 0;
    new Output({ format: "json", writer: pages }).whenClosed(() => calls++);
    expect(calls).toBe(1);
  });
});
