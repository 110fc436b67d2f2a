import { isRoot } from "./namespace.ts";

const LOOPBACK = "127.0.0.1";

/** A host of a network: where its processes are started, and its address on each link. */
export interface NetworkHost {
  /** What a command line is preceded by to run there. */
  through(command: readonly string[]): readonly string[];
  /** On the link to the host before it; the loopback's where hosts are no namespaces. */
  readonly address: string;
}

/** Hosts in a row, each linked to the next: network namespaces with veth, or all on the loopback where this user may not make them. */
export class Network implements Disposable {
  readonly hosts: readonly NetworkHost[];
  /** False: there is one host, and no link can be cut. */
  readonly hasLinks: boolean;
  readonly #names: readonly string[];

  private constructor(hosts: readonly NetworkHost[], names: readonly string[]) {
    this.hosts = hosts;
    this.#names = names;
    this.hasLinks = names.length > 0;
  }

  static open(count: number): Network {
    const names = Array.from({ length: count }, (_, i) => `tp-${process.pid}-${i}`);
    const made: string[] = [];
    try {
      for (const name of names) {
        ip("netns", "add", name);
        made.push(name);
        ip("-n", name, "link", "set", "lo", "up");
      }
      for (let i = 0; i + 1 < count; i++) {
        const [near, far] = [names[i] as string, names[i + 1] as string];
        ip("-n", near, "link", "add", `far${i}`, "type", "veth", "peer", "name", `near${i}`, "netns", far);
        ip("-n", near, "address", "add", `10.91.${i}.1/24`, "dev", `far${i}`);
        ip("-n", far, "address", "add", `10.91.${i}.2/24`, "dev", `near${i}`);
        ip("-n", near, "link", "set", `far${i}`, "up");
        ip("-n", far, "link", "set", `near${i}`, "up");
      }
    } catch (error) {
      for (const name of made) ip("netns", "delete", name);
      console.error(`no network namespaces here, so hosts share the loopback and no link is cut: ${error}`);
      const host = { through: (command: readonly string[]) => command, address: LOOPBACK };
      return new Network(Array.from({ length: count }).fill(host) as NetworkHost[], []);
    }
    const hosts = names.map((name, i) => ({
      through: (command: readonly string[]) => ["ip", "netns", "exec", name, ...command],
      address: i === 0 ? LOOPBACK : `10.91.${i - 1}.2`,
    }));
    return new Network(hosts, names);
  }

  /** Cuts the link between host `link` and the next, or joins it again. */
  set(link: number, state: "up" | "down"): void {
    ip("-n", this.#names[link + 1] as string, "link", "set", `near${link}`, state);
  }

  /** The largest packet that either side of a link sends. */
  setMtu(link: number, bytes: number): void {
    ip("-n", this.#names[link] as string, "link", "set", `far${link}`, "mtu", `${bytes}`);
    ip("-n", this.#names[link + 1] as string, "link", "set", `near${link}`, "mtu", `${bytes}`);
  }

  /** Delays what comes over a link; false where the kernel has no netem. */
  delay(link: number, milliseconds: number): boolean {
    const name = this.#names[link];
    if (name === undefined) return false;
    const netem = ["tc", "qdisc", "replace", "dev", `far${link}`, "root", "netem", "delay", `${milliseconds}ms`];
    return Bun.spawnSync(["ip", "netns", "exec", name, ...netem], { stderr: "ignore" }).exitCode === 0;
  }

  [Symbol.dispose](): void {
    for (const name of this.#names) ip("netns", "delete", name);
  }
}

function ip(...args: readonly string[]): void {
  if (!isRoot) throw new Error("it takes root");
  let outcome: ReturnType<typeof Bun.spawnSync>;
  try {
    outcome = Bun.spawnSync(["ip", ...args], { stdout: "ignore", stderr: "pipe" });
  } catch {
    throw new Error("there is no ip (package iproute2)");
  }
  if (outcome.exitCode !== 0) throw new Error(`ip ${args.join(" ")}: ${outcome.stderr?.toString().trim()}`);
}
