import { button, h, replace } from "./dom.ts";
import { formatCount, formatNumber } from "./format.ts";
import { consumerHealth, healthBadge } from "./health.ts";
import type { ConsumerState, Store } from "./store.ts";

/** Headings; those of numbers are right-aligned. */
const HEADINGS = [
  ["state", ""],
  ["consumer", ""],
  ["mode", ""],
  ["frames/s", "n"],
  ["lag", "n"],
  ["lost/s", "n"],
  ["lost", "n"],
  ["by cause", ""],
  ["lease", ""],
  ["steer", ""],
] as const;

/** The consumers of a stream: how they read, what they lose and why; with the token they can be controlled. */
export class ConsumerTable {
  readonly element: HTMLElement;
  readonly #body = h("tbody");
  readonly #empty = h("p", { class: "note" }, "No consumer reads this stream.");
  readonly #outcome = h("p", { class: "note", role: "status" });
  readonly #store: Store;
  readonly #token: () => string | null;

  constructor(store: Store, token: () => string | null) {
    this.#store = store;
    this.#token = token;
    const head = h("tr", {}, ...HEADINGS.map(([name, side]) => h("th", { scope: "col", class: side }, name)));
    this.element = h(
      "section",
      { class: "consumers" },
      h("h3", {}, "Consumers"),
      h(
        "div",
        { class: "scroll", tabindex: "0", role: "region", "aria-label": "consumers" },
        h("table", {}, h("thead", {}, head), this.#body),
      ),
      this.#empty,
      this.#outcome,
    );
  }

  update(streamId: number): void {
    const consumers = (this.#store.state?.consumers ?? []).filter((consumer) => consumer.streamId === streamId);
    this.#empty.hidden = consumers.length > 0;
    // A control that is in use is not replaced.
    if (this.#body.contains(document.activeElement)) return;
    replace(this.#body, ...consumers.map((consumer) => this.#row(consumer)));
  }

  #row(consumer: ConsumerState): HTMLElement {
    const { consumerId, pid, mode, decimation, maxRateHz, framesPerSecond, lag, drops, causes } = consumer;
    const how = mode === "decimated" && decimation !== null ? `1 frame in ${decimation}` : (mode ?? "–");
    const limit = maxRateHz === null || maxRateHz === 0 ? "" : `, at most ${formatNumber(maxRateHz)}/s`;
    const byCause = Object.entries(causes)
      .filter(([, loss]) => loss.total > 0)
      .map(([name, loss]) => `${name} ${formatCount(loss.total)}`);
    const lease = consumer.lease === "held" ? "held" : consumer.lease === "ended" ? "ended" : "none";
    const cells = [
      healthBadge(consumerHealth(consumer)),
      `${consumerId}${pid === null ? "" : ` (pid ${pid})`}`,
      how + limit,
      formatNumber(framesPerSecond),
      formatCount(lag),
      formatNumber(drops.perSecond),
      formatCount(drops.total),
      byCause.length === 0 ? "–" : byCause.join(", "),
      lease,
      this.#steering(consumer),
    ];
    // On a narrow screen each cell shows its heading.
    const titled = cells.map((cell, i) =>
      h("td", { class: HEADINGS[i]?.[1] ?? "", "data-title": HEADINGS[i]?.[0] }, cell),
    );
    return h("tr", {}, ...titled);
  }

  #steering(consumer: ConsumerState): HTMLElement {
    if (!this.#store.maySteer)
      return h("span", { class: "faint", title: "needs the server's token" }, "needs the token");
    const modes = ["stream", "latest", "decimated"].map((mode) =>
      h("option", { value: mode, selected: mode === consumer.mode }, mode),
    );
    const mode = h("select", { "aria-label": `mode of consumer ${consumer.consumerId}` }, ...modes);
    const every = h("input", {
      type: "number",
      min: 1,
      value: consumer.decimation ?? 2,
      class: "limit",
      "aria-label": "every how many frames",
    });
    const send = button("Set", "tell the consumer to read so", () => {
      void this.#order(consumer, mode.value, Number(every.value));
    });
    return h("span", { class: "steer" }, mode, every, send);
  }

  async #order({ streamId, consumerId }: ConsumerState, mode: string, decimation: number): Promise<void> {
    const reason = await this.#refusalOf(`/api/v1/consumers/${streamId}/${consumerId}/config`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${this.#token() ?? ""}` },
      body: JSON.stringify(mode === "decimated" ? { mode, decimation } : { mode }),
    });
    this.#outcome.textContent =
      reason === null
        ? `Consumer ${consumerId} was told to read in mode ${mode}; its next report shows whether it does.`
        : `Consumer ${consumerId} was not told: ${reason}`;
  }

  /** Why a command was refused; null if it was accepted. */
  async #refusalOf(path: string, order: RequestInit): Promise<string | null> {
    try {
      const response = await fetch(path, order);
      const answer = (await response.json()) as { error?: { message: string } };
      return response.ok ? null : (answer.error?.message ?? response.statusText);
    } catch {
      return "the server does not answer";
    }
  }
}
