import { scalar, type ValueType } from "./value-type.ts";

const MAX_CPU = 1023;

/** Numbers of CPUs: `0,2-3` is [0, 2, 3]. */
export function cpuList(): ValueType<readonly number[]> {
  const convert = (value: string): readonly number[] | undefined => {
    const cpus = value.split(",").flatMap((part) => {
      const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part.trim());
      const first = Number(match?.[1] ?? Number.NaN);
      const last = Number(match?.[2] ?? first);
      if (!(first <= last && last <= MAX_CPU)) return [Number.NaN];
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
    return cpus.some(Number.isNaN) ? undefined : [...new Set(cpus)];
  };
  const format = (cpus: readonly number[]): string => cpus.join(",");
  return scalar("CPUs such as 2, 0,2 or 1-3", '"2"', ["string", "bigint"], convert, { format });
}

/** A real-time priority: `fifo:10` is 10. */
export function realTimePriority(): ValueType<number> {
  const convert = (value: string): number | undefined => {
    const priority = Number(/^fifo:(\d{1,2})$/.exec(value)?.[1] ?? Number.NaN);
    return priority >= 1 ? priority : undefined;
  };
  const format = (priority: number): string => `fifo:${priority}`;
  return scalar("fifo:N with a priority N from 1 to 99", '"fifo:10"', ["string"], convert, { format });
}
