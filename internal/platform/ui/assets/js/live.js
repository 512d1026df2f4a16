import { all, say } from "./dom.js";

const calm = 1000; // milliseconds after the page has come, so that the stream takes nothing from it

// The count of unread notices follows the stream of events.
export function live() {
  const address = document.body.dataset.events;
  if (!address) return;
  let source;
  const open = () => {
    source = new EventSource(address);
    source.addEventListener("unread", (e) => count(Number(e.data)));
  };
  addEventListener("load", () => setTimeout(open, calm));
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (e) => e.persisted && open());
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
    if (more) say(badge.dataset.label);
  });
  document.title = more && n > 0 ? `(${n}) ${title}` : title;
}
