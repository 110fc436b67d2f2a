export interface CounterDefinition {
  /** One line that describes the count. */
  readonly help: string;
  /** Type id under which the counter is exported to Aeron's counters file, if it is. */
  readonly typeId?: number;
}

/** One counter: a number that hot code updates in place, without allocating. Exact up to 2^53. */
export class Counter {
  readonly name: string;
  readonly help: string;
  readonly typeId: number | undefined;
  value = 0;

  constructor(name: string, definition: CounterDefinition) {
    this.name = name;
    this.help = definition.help;
    this.typeId = definition.typeId;
  }

  increment(): void {
    this.value += 1;
  }

  add(count: number): void {
    this.value += count;
  }

  set(value: number): void {
    this.value = value;
  }

  /** Keeps the larger of the current and the given value. */
  proposeMax(value: number): void {
    if (value > this.value) this.value = value;
  }
}

/** The counters of one role under stable names. `counters.of.published.increment()` is the hot path. */
export class CounterSet<Name extends string> {
  readonly of: Readonly<Record<Name, Counter>>;
  /** All counters in definition order. */
  readonly list: readonly Counter[];

  constructor(definitions: Readonly<Record<Name, CounterDefinition>>) {
    const names = Object.keys(definitions) as Name[];
    this.list = names.map((name) => new Counter(name, definitions[name]));
    this.of = Object.fromEntries(this.list.map((counter) => [counter.name, counter])) as Record<Name, Counter>;
  }

  /** The values by name. Allocates. */
  snapshot(): Record<Name, number> {
    return this.snapshotInto({} as Record<Name, number>);
  }

  /** Copies the values into an object of an earlier snapshot, without allocating. */
  snapshotInto(target: Record<Name, number>): Record<Name, number> {
    for (let i = 0; i < this.list.length; i++) {
      const counter = this.list[i] as Counter;
      target[counter.name as Name] = counter.value;
    }
    return target;
  }

  reset(): void {
    for (const counter of this.list) counter.value = 0;
  }
}
