/** The text of `config --help` besides the options. */
export const CONFIG_NOTES = [
  "config init [--to FILE]   prints a file with every setting, or writes a new one",
  "config validate [FILE]    lists mistakes in a file and in the environment: key, line, expected and found value",
  "config show               prints every value with its origin",
  "",
  "A flag wins over the environment, and that over the file (--config, or TENSORPOOL_CONFIG). docs/CONFIGURATION.md lists all.",
].join("\n");
