import "./style.css";
import { forgetColours, h, replace, setText } from "./dom.ts";
import { formatClock } from "./format.ts";
import { Link } from "./link.ts";
import { Overview } from "./overview.ts";
import { RecordingPage } from "./recording-page.ts";
import { remember, remembered } from "./settings.ts";
import { Store } from "./store.ts";
import { StreamPage } from "./stream-page.ts";

const TOKEN_KEY = "tensorpool.token";
const THEMES = ["auto", "dark", "light"] as const;

interface Screen {
  readonly element: HTMLElement;
  update(): void;
  close(): void;
}

/** The token follows `?` in the fragment; it is stored for this tab only and removed from the address bar. */
function takeToken(): string | null {
  const [path = "", query = ""] = location.hash.slice(1).split("?");
  const given = new URLSearchParams(query).get("token");
  if (given === null) return sessionStorage.getItem(TOKEN_KEY);
  sessionStorage.setItem(TOKEN_KEY, given);
  history.replaceState(null, "", `#${path}`);
  return given;
}

const store = new Store();
const link = new Link(takeToken(), {
  onWelcome: (message) => store.onWelcome(message),
  onState: (message) => store.onState(message),
  onConnection: (isOpen, heardMs) => store.onConnection(isOpen, heardMs),
  onPlayhead: (message) => store.onPlayhead(message),
});
const main = h("main", { id: "main" });
const notice = h("p", { class: "notice", role: "status", hidden: true });
const connection = h("span", { class: "connection", role: "status" });
const nav = h("nav", {}, h("a", { href: "#/" }, "Streams"));
const theme = h("button", { type: "button", class: "theme" });
let screen: Screen | null = null;

function route(): void {
  const [, place = "", ...references] = location.hash.slice(1).split("?")[0]?.split("/") ?? [];
  screen?.close();
  const streams = references.slice(0, 2).map(decodeURIComponent);
  screen =
    store.recording !== null
      ? new RecordingPage(store.recording, store, link)
      : place === "stream" && streams.length > 0
        ? new StreamPage(streams, store, link, () => link.token)
        : new Overview(store, link);
  replace(main, store.maySee ? screen.element : tokenForm());
  nav.hidden = store.recording !== null;
  update();
}

/** A server reachable from other machines shows frames only to holders of its token. */
function tokenForm(): HTMLElement {
  const input = h("input", { type: "password", autocomplete: "off", "aria-label": "token" });
  const form = h(
    "form",
    { class: "token" },
    h("p", {}, store.reason ?? "The server asks for its token."),
    input,
    h("button", { type: "submit" }, "Show"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    link.token = input.value;
    sessionStorage.setItem(TOKEN_KEY, input.value);
    link.hello();
  });
  return form;
}

function update(): void {
  const { isConnected, state, maySee, reason } = store;
  const word = !isConnected
    ? "disconnected"
    : maySee && state?.isReady === false
      ? "waiting for a media driver"
      : "connected";
  const isWell = word === "connected";
  if (connection.lastChild?.textContent !== word)
    replace(connection, h("span", { class: `health ${isWell ? "healthy" : "degraded"}` }, isWell ? "●" : "▲"), word);
  connection.title = reason ?? "";
  notice.hidden = isConnected || (state === null && store.recording === null);
  setText(
    notice,
    notice.hidden
      ? ""
      : `▲ The server has not answered since ${formatClock(store.heardMs)}: the page shows the last known state. Connecting again …`,
  );
  screen?.update();
}

function setTheme(name: string): void {
  document.documentElement.dataset["theme"] = name;
  forgetColours();
  theme.textContent = `theme: ${name}`;
  theme.title = "dark, light, or as the system has it";
}

let [maySeeBefore, recordingBefore] = [store.maySee, store.recording];
store.listen(() => {
  if (store.maySee !== maySeeBefore || store.recording !== recordingBefore) {
    [maySeeBefore, recordingBefore] = [store.maySee, store.recording];
    route();
  } else update();
});

theme.addEventListener("click", () => {
  const at = THEMES.findIndex((name) => name === (remembered("theme") ?? "auto"));
  const next = THEMES[(at + 1) % THEMES.length] ?? "auto";
  remember("theme", next);
  setTheme(next);
  update();
});
setTheme(remembered("theme") ?? "auto");
matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => {
  forgetColours();
  update();
});
document.body.append(
  h("a", { class: "unseen skip", href: "#main" }, "to the streams"),
  h(
    "header",
    { class: "top" },
    h("h1", {}, h("a", { href: "#/", class: "mark" }, "tensorpool")),
    connection,
    nav,
    theme,
  ),
  notice,
  main,
);
window.addEventListener("hashchange", route);
route();
link.connect();
