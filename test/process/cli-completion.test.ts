import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { COMMANDS } from "../../src/cli/commands.ts";
import { run } from "../support/namespace.ts";
import { Place, SELF } from "../support/place.ts";
import { TemporaryDirectory } from "../support/shm.ts";

const scripts = new Map<string, Promise<string>>();

/** Asked for once: each call of the command line starts a process. */
function scriptOf(shell: string): Promise<string> {
  const script = scripts.get(shell) ?? printedScript(shell);
  scripts.set(shell, script);
  return script;
}

async function printedScript(shell: string): Promise<string> {
  const { exitCode, stdout, stderr } = await run([...SELF, "completion", shell]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout;
}

describe("completion in bash", () => {
  /** What bash offers at the end of a line whose words are these, as its own line editor parts them. */
  async function offers(
    words: readonly string[],
    files: readonly string[] = [],
    self: readonly string[] = [],
  ): Promise<string[]> {
    using dir = new TemporaryDirectory();
    for (const file of files) writeFileSync(dir.at(file), "");
    const driver = `
      eval "$1"; cd "$2"; self=$3; shift 3
      tensorpool() { eval "$self" '"$@"'; }
      complete -p tensorpool >/dev/null
      COMP_WORDS=(tensorpool "$@") COMP_CWORD=$#
      _tensorpool
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const bash = ["bash", "--norc", "-uc", driver, "bash"];
    const { exitCode, stdout, stderr } = await run([
      ...bash,
      await scriptOf("bash"),
      dir.at(),
      self.map((word) => `'${word}'`).join(" "),
      ...words,
    ]);
    expect({ words, exitCode, stderr }).toEqual({ words, exitCode: 0, stderr: "" });
    return stdout.split("\n").filter((line) => line !== "");
  }

  test("of commands: all of them, or those that begin so", async () => {
    expect(await offers([""])).toEqual([...COMMANDS.map(({ name }) => name), "help", "--help", "--version"]);
    expect(await offers(["prod"])).toEqual(["producer"]);
  });

  test("of a command's options, for each command", async () => {
    for (const { name, options } of COMMANDS) {
      const offered = await offers([name, "--"]);
      expect(offered).toContain("--help");
      expect(offered).toEqual(expect.arrayContaining(options.map((option) => `--${option.name}`)));
    }
    expect(await offers(["producer", "--source", "npy:a.npy", "--fl"])).toEqual(["--flow"]);
  });

  test("of an option's values, also behind =", async () => {
    expect(await offers(["producer", "--flow", ""])).toEqual(["drop", "wait"]);
    expect(await offers(["producer", "--flow", "=", "w"])).toEqual(["wait"]);
    expect(await offers(["producer", "--flow", "="])).toEqual(["drop", "wait"]);
    expect(await offers(["tap", "-o", "js"])).toEqual(["json", "jsonl"]);
    expect(await offers(["hello", "--mode", "l"])).toEqual(["latest"]);
    expect(await offers(["consumer", "--sink", "n"])).toEqual(["npy:", "null"]);
    expect(await offers(["producer", "--dtype", "uint1"])).toEqual(["uint16"]);
    // Only the user knows a rate.
    expect(await offers(["producer", "--rate", ""])).toEqual([]);
  });

  test("of streams, by the names and ids of those that exist", async () => {
    await using place = new Place();
    await place.mediaDriver();
    const producer = place.producer(["--source", "synthetic:", "--name", "front camera"]);
    await producer.errorLine(/stream 10000 epoch/);
    const at = ["--aeron-dir", place.aeronDir];
    expect(await offers(["consumer", ...at, "--stream", ""], [], SELF)).toEqual(["front\\ camera", "10000"]);
    expect(await offers(["info", "--aeron-dir", "=", place.aeronDir, "1"], ["1.png"], SELF)).toEqual(["10000"]);
    // Without a media driver there is nothing to offer but options.
    expect(await offers(["info", "--aeron-dir", place.at("none"), ""], [], SELF)).toContain("--output");
  });

  test("of files or options, not of both", async () => {
    const files = ["a.ring"];
    expect(await offers(["config", "validate", ""], files)).toEqual(["init", "validate", "show", "a.ring"]);
    expect(await offers(["inspect", ""], files)).toEqual(["a.ring"]);
    expect(await offers(["inspect", "-"], files)).toContain("--help");
    expect(await offers(["driver", ""], files)).toContain("--help");
  });

  test("of verbs, shells and files", async () => {
    expect(await offers(["config", "v"])).toEqual(["validate"]);
    expect(await offers(["completion", ""])).toEqual(expect.arrayContaining(["bash", "zsh"]));
    expect(await offers(["help", "wi"])).toEqual(["wire"]);
    expect(await offers(["producer", "--config", "my"], ["my rig.toml", "other.toml"])).toEqual(["my rig.toml"]);
    expect(await offers(["producer", "--source", "npy", ":", "a"], ["a.npy"])).toEqual(["a.npy"]);
    expect(await offers(["inspect", "a"], ["a.ring"])).toEqual(["a.ring"]);
  });
});

describe("completion in zsh", () => {
  test("names every command and option, with nothing in a help text that ends a quote", async () => {
    const script = await scriptOf("zsh");
    expect(script.startsWith("#compdef tensorpool\n")).toBe(true);
    for (const { name, options } of COMMANDS) {
      expect(script).toContain(`\n    ${name})\n`);
      for (const option of options) expect(script).toContain(`--${option.name}`);
    }
    expect(script.replaceAll("'\\''", "").split("'").length % 2).toBe(1);
  });

  test("is offered by zsh itself, where it is installed", async () => {
    const script = await scriptOf("zsh");
    if (Bun.which("zsh") === null) {
      console.error("not checked here: there is no zsh");
      return;
    }
    using dir = new TemporaryDirectory();
    writeFileSync(dir.at("_tensorpool"), script);
    // A terminal of zsh's own making, in which Tab is pressed; what can be completed is listed, or put in where it is one.
    const driver = `
      zmodload zsh/zpty
      zpty -b shell zsh -f -i
      until_there() {
        local all= text
        while true; do
          if zpty -r -t shell text 2>/dev/null; then all+=$text; else sleep 0.01; fi
          if [[ $all == *$1* ]]; then print -r -- "$all"; return; fi
        done
      }
      zpty -w shell "PS1='> ' TERM=dumb; fpath=($1 $fpath); autoload -Uz compinit; compinit -u -D; print rea''dy"
      until_there $'\nready' >/dev/null
      zpty -w -n shell $'tensorpool prod\t'; until_there 'ucer '
      zpty -w -n shell $'--flow \t'; until_there wait
      zpty -w -n shell $'w\t'; until_there 'wait '
      zpty -d shell`;
    const { exitCode, stdout } = await run(["timeout", "30", "zsh", "-f", "-c", driver, "zsh", dir.at()]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/drop\s+wait/);
  });
});

test("a shell that is not known is refused", async () => {
  const { exitCode, stderr } = await run([...SELF, "completion", "zs"]);
  expect(stderr).toContain('completion: expected one of bash, zsh, streams, found "zs"; did you mean "zsh"?');
  expect(exitCode).toBe(2);
});
