import { resetMemoryPolicy, setMemoryPolicy } from "../../../ffi/libc.ts";

/**
 * Allocates the pages that `action` touches first from one NUMA node; reserving is the first touch of a region's pages.
 * @throws SystemError "EINVAL" for a node that does not exist
 */
export function onNumaNode<T>(node: number | undefined, action: () => T): T {
  if (node === undefined) return action();
  setMemoryPolicy(node);
  try {
    return action();
  } finally {
    resetMemoryPolicy();
  }
}
