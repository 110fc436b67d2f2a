import type { ShellCommand, ShellValue } from "./shell-command.ts";

/** The completion script of bash. */
export function bashCompletion(commands: readonly ShellCommand[]): string {
  const names = [...commands.map(({ name }) => name), "--help", "--version"];
  return `# bash completion of tensorpool: source <(tensorpool completion bash)
_tensorpool() {
  local word=\${COMP_WORDS[COMP_CWORD]} option=\${COMP_WORDS[COMP_CWORD - 1]} words= files=
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
  if [[ -n $files && $word != -* ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r reply; do COMPREPLY+=("$reply"); done < <(compgen -f -- "$word")
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
  const otherwise = { ...positional, words: [...positional.words, ...long] };
  return `      ${name})
        case $option in
${withValue.map(({ flags, value }) => `          ${flags.join(" | ")}) ${assignments(value)} ;;`).join("\n")}
          *) ${assignments(otherwise)} ;;
        esac
        ;;`;
}

/** What is offered for a value; nothing at all for one that only the user knows. */
function assignments({ words, isFile }: ShellValue): string {
  const parts = [...(words.length > 0 ? [`words='${words.join(" ")}'`] : []), ...(isFile ? ["files=yes"] : [])];
  return parts.length === 0 ? ":" : parts.join(" ");
}
