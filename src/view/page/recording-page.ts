import type { RecordingInfo, RecordingStream } from "../messages.ts";
import { button, choice, h, replace, setText, toggle } from "./dom.ts";
import { formatBytes, formatCount, formatDate, formatPlace, parsePlace, printable } from "./format.ts";
import type { Link } from "./link.ts";
import { lossesPanel } from "./losses-panel.ts";
import { Player } from "./player.ts";
import type { Store } from "./store.ts";
import { StreamPanel } from "./stream-panel.ts";
import { streamLabel, TimeLine } from "./time-line.ts";

const SPEEDS = ["0.1", "0.25", "0.5", "1", "2", "5", "10", "100"] as const;
const MAX_SHOWN = 4;

/** A recording: its streams side by side, and the time line for moving through it. */
export class RecordingPage {
  readonly element = h("div", { class: "recording" });
  readonly #recording: RecordingInfo;
  readonly #store: Store;
  readonly #link: Link;
  readonly #player: Player;
  readonly #timeLine: TimeLine;
  readonly #shown = new Map<number, { readonly panel: StreamPanel; readonly element: HTMLElement }>();
  readonly #panels = h("div", { class: "panels" });
  readonly #none = h("p", { class: "empty" }, "No stream is shown: choose one by its name on the time line.");
  readonly #play = button("▶ Play", "play or pause (space)", () => this.#toggle());
  readonly #place = h("output", { class: "place" });
  readonly #note = h("p", { class: "note", role: "status" });
  readonly #labels: readonly HTMLButtonElement[];
  #wasConnected = true;
  #playhead: Store["playhead"] = null;

  constructor(recording: RecordingInfo, store: Store, link: Link) {
    this.#recording = recording;
    this.#store = store;
    this.#link = link;
    this.#player = new Player(
      recording.lengthNs,
      () => {
        link.move({ type: "seek", timeNs: this.#player.timeNs });
        this.#showTime();
      },
      () => setText(this.#play, this.#player.isPlaying ? "❚❚ Pause" : "▶ Play"),
    );
    this.#labels = recording.streams.map((stream) => this.#label(stream));
    this.element.style.setProperty("--lanes", String(recording.streams.length));
    const seek = (timeNs: number): void => this.#player.seek(timeNs);
    this.#timeLine = new TimeLine(recording, this.#labels, seek);
    this.element.append(
      this.#head(),
      this.#panels,
      this.#none,
      h(
        "section",
        { class: "transport", "aria-label": "time line" },
        this.#controls(),
        this.#timeLine.element,
        this.#note,
      ),
      lossesPanel(recording, (timeNs) => {
        this.#player.pause();
        seek(timeNs);
      }),
    );
    this.element.addEventListener("keydown", (event) => this.#onKey(event), { capture: true });
    const first = recording.streams[0];
    if (first !== undefined) this.#show(first, true);
    this.#showTime();
  }

  update(): void {
    const { isConnected, playhead } = this.#store;
    // After a reconnect the server starts at the beginning.
    if (isConnected && !this.#wasConnected) this.#player.seek(this.#player.timeNs);
    this.#wasConnected = isConnected;
    if (playhead !== this.#playhead && playhead !== null) {
      this.#playhead = playhead;
      setText(this.#note, playhead.note === null ? "" : `▲ ${playhead.note}`);
      if (playhead.timeNs !== null) {
        this.#player.timeNs = playhead.timeNs;
        this.#showTime();
      }
    }
    this.#timeLine.draw();
    for (const { panel } of this.#shown.values()) panel.update();
  }

  close(): void {
    this.#player.pause();
    this.#timeLine.close();
    for (const { panel } of this.#shown.values()) panel.close();
  }

  #head(): HTMLElement {
    const { names, startMs, lengthNs, bytes, cuts, streams } = this.#recording;
    const frames = streams.reduce((sum, stream) => sum + stream.frames, 0);
    const facts = [
      formatDate(startMs),
      `${formatPlace(lengthNs, lengthNs)} long`,
      `${streams.length} ${streams.length === 1 ? "stream" : "streams"}`,
      `${formatCount(frames)} frames`,
      formatBytes(bytes),
      ...(names.length > 1 ? [`${names.length} files`] : []),
    ];
    return h(
      "header",
      { class: "stream-head" },
      h("h2", {}, printable(names[0] ?? "recording")),
      ...cuts.map((cut) => h("span", { class: "health degraded" }, `▲ not complete: ${printable(cut)}`)),
      h("p", { class: "facts" }, facts.join(" · ")),
    );
  }

  #controls(): HTMLElement {
    const time = h("input", { type: "text", class: "limit", "aria-label": "go to a time", placeholder: "m:s" });
    time.addEventListener("change", () => {
      const timeNs = parsePlace(time.value);
      if (timeNs === null) setText(this.#note, "▲ expected a time such as 12.5 or 1:02.5");
      else this.#player.seek(timeNs);
      time.value = "";
    });
    const frame = h("input", { type: "text", class: "limit", "aria-label": "go to a frame", placeholder: "#frame" });
    frame.addEventListener("change", () => {
      const seq = Number(frame.value.replace("#", ""));
      if (!Number.isSafeInteger(seq) || seq < 0) setText(this.#note, "▲ expected the number of a frame such as #120");
      else this.#move({ type: "find", seq });
      frame.value = "";
    });
    const speeds = SPEEDS.map((speed) => [speed, `${speed} ×`] as const);
    return h(
      "div",
      { class: "toolbar", role: "toolbar", "aria-label": "playing" },
      h(
        "div",
        { class: "group" },
        button("|◀", "the beginning (Home)", () => this.#player.seek(0)),
        button("◀", "a frame back (,)", () => this.#step(-1)),
        this.#play,
        button("▶", "a frame on (.)", () => this.#step(1)),
      ),
      h(
        "div",
        { class: "group" },
        choice("speed", speeds, "1", (speed) => {
          this.#player.speed = Number(speed);
        }),
        toggle("Loop", "begin again at the end", false, (isOn) => {
          this.#player.isLooping = isOn;
        }),
      ),
      h("div", { class: "group" }, time, frame),
      this.#place,
    );
  }

  /** Shows and hides a stream. */
  #label(stream: RecordingStream): HTMLButtonElement {
    const missing = stream.missing === 0 ? "" : ` ▼ ${formatCount(stream.missing)} missing`;
    const title = `${streamLabel(stream)}: ${formatCount(stream.frames)} frames${missing}; show it, or hide it`;
    const element = h(
      "button",
      { type: "button", class: "lane-label", "aria-pressed": "false", title },
      h("span", { class: "lane-name" }, streamLabel(stream)),
      missing === "" ? null : h("span", { class: "lane-missing" }, missing),
    );
    element.addEventListener("click", () => this.#show(stream, !this.#shown.has(stream.stream)));
    return element;
  }

  #show(stream: RecordingStream, isShown: boolean): void {
    const known = this.#shown.get(stream.stream);
    let started: StreamPanel | null = null;
    if (isShown && known === undefined) {
      if (this.#shown.size >= MAX_SHOWN) {
        setText(this.#note, `▲ ${MAX_SHOWN} streams are shown at a time: hide one first`);
        return;
      }
      const panel = new StreamPanel(stream.stream, this.#link, this.#store);
      const element = h("article", { class: "stream-column" }, h("h3", {}, streamLabel(stream)), panel.element);
      this.#shown.set(stream.stream, { panel, element });
      started = panel;
    } else if (!isShown && known !== undefined) {
      known.panel.close();
      this.#shown.delete(stream.stream);
    }
    const shown = this.#recording.streams.filter((each) => this.#shown.has(each.stream));
    replace(this.#panels, ...shown.map((each) => this.#shown.get(each.stream)?.element));
    started?.start();
    this.#panels.classList.toggle("two", shown.length > 1);
    this.#none.hidden = shown.length > 0;
    for (const [i, each] of this.#recording.streams.entries()) {
      this.#labels[i]?.setAttribute("aria-pressed", String(this.#shown.has(each.stream)));
    }
  }

  #toggle(): void {
    if (this.#player.isPlaying) this.#player.pause();
    else this.#player.play();
  }

  #step(by: number): void {
    this.#player.pause();
    this.#move({ type: "step", by });
  }

  /** Moves by frames of the first stream that is shown. */
  #move(
    message: { readonly type: "step"; readonly by: number } | { readonly type: "find"; readonly seq: number },
  ): void {
    const stream = this.#recording.streams.find((each) => this.#shown.has(each.stream))?.stream;
    if (stream === undefined) setText(this.#note, "▲ show a stream first, by its name beside the time line");
    else this.#link.move({ ...message, stream });
  }

  #showTime(): void {
    const { lengthNs, startMs } = this.#recording;
    const { timeNs } = this.#player;
    const text = `${formatPlace(timeNs, lengthNs)} of ${formatPlace(lengthNs, lengthNs)}`;
    setText(this.#place, text);
    this.#place.title = formatDate(startMs + timeNs / 1e6);
    this.#timeLine.setTime(timeNs, text);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { target } = event;
    const isTyped = target instanceof HTMLInputElement && target.type !== "range";
    const isPressed =
      event.key === " " &&
      (target instanceof HTMLButtonElement || (target instanceof HTMLElement && target.tagName === "SUMMARY"));
    if (isTyped || isPressed || target instanceof HTMLSelectElement) return;
    if (event.key === " ") this.#toggle();
    else if (event.key === ".") this.#step(1);
    else if (event.key === ",") this.#step(-1);
    else if (event.key === "Home") this.#player.seek(0);
    else if (event.key === "End") this.#player.seek(this.#recording.lengthNs);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
