import type { ShellCommand, ShellValue } from "./shell-command.ts";

/** Returns the completion script for bash. */
export function bashCompletion(commands: readonly ShellCommand[]): string {
  const names = [...commands.map(({ name }) => name), "--help", "--version"];
  return `# bash completion of tensorpool: source <(tensorpool completion bash)
# The streams that exist, asked on the media driver that the command line names.
_tensorpool_streams() {
  local i place=
  for ((i = 2; i < COMP_CWORD; i++)); do
    if [[ \${COMP_WORDS[i]} != --aeron-dir ]]; then continue; fi
    place=\${COMP_WORDS[i + 1]}
    if [[ $place == = ]]; then place=\${COMP_WORDS[i + 2]}; fi
  done
  "\${COMP_WORDS[0]}" completion streams \${place:+--aeron-dir "$place"} 2>/dev/null
}
_tensorpool() {
  local word=\${COMP_WORDS[COMP_CWORD]} option=\${COMP_WORDS[COMP_CWORD - 1]} words= options= files= streams=
  COMPREPLY=()
  # Bash takes = and : for words of their own.
  if [[ $word == = ]]; then
    word=
  elif [[ $word == : ]]; then
    word=
    option=:
  elif [[ $option == = ]]; then
    option=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  if ((COMP_CWORD == 1)); then
    words='${names.join(" ")}'
  elif [[ $option == : ]]; then
    files=yes
  else
    case \${COMP_WORDS[1]} in
${commands.map(commandCase).join("\n")}
    esac
  fi
  local reply
  while IFS= read -r reply; do COMPREPLY+=("$reply"); done < <(compgen -W "$words" -- "$word")
  if [[ -n $streams && $word != -* ]]; then
    while IFS= read -r reply; do
      if [[ $reply != "$word"* ]]; then continue; fi
      # Bash quotes what it takes for files by itself.
      if [[ -n $files ]]; then COMPREPLY+=("$reply"); else COMPREPLY+=("$(printf %q "$reply")"); fi
    done < <(_tensorpool_streams)
  fi
  if [[ -n $files && $word != -* ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r reply; do COMPREPLY+=("$reply"); done < <(compgen -f -- "$word")
  fi
  # Options come where one is begun, or where there is nothing else to offer.
  if [[ $word == -* || ( -z $word && \${#COMPREPLY[@]} -eq 0 ) ]]; then
    while IFS= read -r reply; do COMPREPLY+=("$reply"); done < <(compgen -W "$options" -- "$word")
  fi
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *: ]]; then compopt -o nospace 2>/dev/null; fi
  return 0
}
complete -F _tensorpool tensorpool
`;
}

function commandCase({ name, options, positional }: ShellCommand): string {
  const withValue = options.flatMap(({ flags, value }) => (value === null ? [] : [{ flags, value }]));
  const long = options.map(({ flags }) => flags[0] ?? "");
  const otherwise = [...parts(positional), `options='${long.join(" ")}'`].join(" ");
  return `      ${name})
        case $option in
${withValue.map(({ flags, value }) => `          ${flags.join(" | ")}) ${assignments(value)} ;;`).join("\n")}
          *) ${otherwise} ;;
        esac
        ;;`;
}

/** Shell assignments that offer completions for a value; a no-op for a value that only the user knows. */
function assignments(value: ShellValue): string {
  return parts(value).join(" ") || ":";
}

function parts({ words, isFile, isStream }: ShellValue): string[] {
  return [
    ...(words.length > 0 ? [`words='${words.join(" ")}'`] : []),
    ...(isFile ? ["files=yes"] : []),
    ...(isStream ? ["streams=yes"] : []),
  ];
}
