/** What `config --help` says beside the options. */
export const CONFIG_NOTES = [
  "config init [--to FILE]   prints a file with every setting, or writes it where none is yet",
  "config validate [FILE]    says what is wrong in a file and in the environment: key, line, what was expected and found",
  "config show               prints every value with the place that it comes from",
  "",
  "A flag wins over the environment, and that over the file (--config, or TENSORPOOL_CONFIG). docs/CONFIGURATION.md lists all.",
].join("\n");
