import { readSystemFile } from "./system-files.ts";

const ONLINE = "/sys/devices/system/node/online";

/** The online NUMA nodes, e.g. [0, 1]; null if the kernel does not report them. */
export function onlineNumaNodes(path: string = ONLINE): readonly number[] | null {
  const text = readSystemFile(path);
  if (text === null) return null;
  return text
    .trim()
    .split(",")
    .flatMap((part) => {
      const [first = 0, last = first] = part.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}
