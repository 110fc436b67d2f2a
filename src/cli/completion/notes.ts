/** Notes of `completion --help`. */
export const COMPLETION_NOTES = [
  "bash, now or in ~/.bashrc:  source <(tensorpool completion bash)",
  "zsh, in ~/.zshrc after compinit:  source <(tensorpool completion zsh)",
  "completion streams: the streams that exist, by name and id, a line each; nothing where there is no media driver",
].join("\n");
