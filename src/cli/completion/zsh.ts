import type { ShellCommand, ShellOption, ShellValue } from "./shell-command.ts";

/** Returns the completion script for zsh: install it as `_tensorpool` in a folder of `fpath`, or source it. */
export function zshCompletion(commands: readonly ShellCommand[]): string {
  return `#compdef tensorpool
# zsh completion of tensorpool: source <(tensorpool completion zsh)
_tensorpool_streams() {
  local -a streams
  streams=(\${(f)"$(_call_program streams tensorpool completion streams 2>/dev/null)"})
  compadd -a streams
}
_tensorpool() {
  local curcontext="$curcontext" state line
  if ((CURRENT == 2)); then
    local -a commands
    commands=(
${commands.map(({ name, summary }) => `      ${quoted(`${escaped(name)}:${summary}`)}`).join("\n")}
    )
    _describe -t commands command commands
    _arguments '--help[print what there is]' '--version[print the version]'
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${commands.map(commandCase).join("\n")}
  esac
}
if [[ $funcstack[1] == _tensorpool ]]; then
  _tensorpool "$@"
else
  compdef _tensorpool tensorpool
fi
`;
}

function commandCase({ name, options, positional }: ShellCommand): string {
  const lines = [...options.flatMap(optionSpecs), ...positionalSpecs(positional)];
  return `    ${name})
      _arguments -s -S \\
${lines.map((line) => `        ${line}`).join(" \\\n")}
      ;;`;
}

function optionSpecs({ flags, help, value }: ShellOption): string[] {
  const exclusive = flags.length > 1 ? `(${flags.join(" ")})` : "";
  return flags.map((flag) => {
    // A long option also accepts its value after =.
    const takes = value === null ? "" : flag.startsWith("--") ? "=" : "+";
    const wanted = value === null ? "" : `:${escaped(value.name)}:${action(value)}`;
    return quoted(`${exclusive}${flag}${takes}[${help.replace(/[[\]\\]/g, "\\$&")}]${wanted}`);
  });
}

function positionalSpecs(positional: ShellValue): string[] {
  if (positional.words.length === 0) return [quoted(`*:${escaped(positional.name)}:${action(positional)}`)];
  const isMore = positional.isFile || positional.isStream;
  const rest = isMore ? [quoted(`*:argument:${action({ ...positional, words: [] })}`)] : [];
  return [quoted(`1:${escaped(positional.name)}:(${positional.words.join(" ")})`), ...rest];
}

function action({ words, isFile, isStream }: ShellValue): string {
  if (words.length > 0) return `(${words.map(escaped).join(" ")})`;
  if (isFile && isStream) return "{ _tensorpool_streams; _files }";
  if (isStream) return "_tensorpool_streams";
  return isFile ? "_files" : " ";
}

/** Escapes colons, which separate the fields of `_arguments` and `_describe`. */
function escaped(text: string): string {
  return text.replace(/[:\\]/g, "\\$&");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
