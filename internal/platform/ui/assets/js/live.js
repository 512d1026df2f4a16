import { all } from "./dom.js";

const calm = 1000; // milliseconds after the page has come, so that the stream takes nothing from it

// The count of unread notices follows the stream of events, and a new notice
// is told at the end of the window until it is closed. A page that waits for
// something, marked by data-follow, is asked anew at every event.
export function live() {
  const address = document.body.dataset.events;
  if (!address) return;
  let source;
  const open = () => {
    source = new EventSource(address);
    source.addEventListener("unread", (e) => count(Number(e.data)));
    source.addEventListener("notice", (e) => tell(JSON.parse(e.data)));
    source.addEventListener("open", follow); // what came before the stream
    source.addEventListener("notice", follow);
    // The server refused the stream: the session is over, perhaps ended from afar.
    source.addEventListener("error", () => source.readyState === EventSource.CLOSED && dispatchEvent(new Event("session-lost")));
  };
  addEventListener("load", () => setTimeout(open, calm));
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (e) => e.persisted && open());
}

// follow takes over what the page says now. Whoever is busy in it is not
// disturbed: the notice tells them, and the page has a link that asks anew.
async function follow() {
  const main = document.querySelector("main:has([data-follow])");
  if (!main) return;
  const answer = await fetch(location.href, { headers: { "X-Passive": "1" } }).catch(() => null);
  if (!answer?.ok || answer.redirected || main.contains(document.activeElement)) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
  if (!fresh) return;
  const open = [...all("details", main)].map((d) => d.open);
  main.replaceChildren(...fresh.childNodes);
  all("details", main).forEach((d, i) => (d.open = open[i] ?? d.open));
}

const title = document.title;

function count(n) {
  if (!Number.isInteger(n) || n < 0) return;
  let more = false;
  all("[data-count]").forEach((badge) => {
    const number = badge.querySelector("[data-count-number]");
    more ||= n > Number(number.textContent);
    number.textContent = n;
    badge.hidden = n === 0;
  });
  document.title = more && n > 0 ? `(${n}) ${title}` : title;
}

function tell({ link, title: words }) {
  const region = document.querySelector("[data-toasts]");
  if (!region || !link.startsWith("/")) return;
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.dataset.toast = "";
  const a = document.createElement("a");
  a.className = "ds-link";
  a.href = link;
  a.textContent = words[document.documentElement.lang] || words.ru;
  const close = document.createElement("button");
  close.className = "ds-button";
  close.type = "button";
  close.dataset.variant = "tertiary";
  close.dataset.size = "sm";
  close.dataset.close = "";
  close.textContent = region.dataset.toasts;
  toast.append(a, close);
  region.replaceChildren(toast); // the last one; the others are counted
}
