import { resetMemoryPolicy, setMemoryPolicy } from "../../../ffi/libc.ts";

/**
 * Has the pages that `action` touches first come from one NUMA node: reserving is what touches the pages of regions first.
 * @throws SystemError "EINVAL" for a node that is not there
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
