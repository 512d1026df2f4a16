import { all } from "./dom.js";

// A form is sent once: its buttons rest until the answer comes. They come back
// with the page (the back button) and, when the answer was a file, by themselves.
const rest = 5000; // milliseconds

export function forms() {
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (e.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) {
      e.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    // After this turn, so that the pressed button is still sent.
    setTimeout(() => buttons(form, true));
    setTimeout(() => wake(form), rest);
  });
  addEventListener("pageshow", () => all("form[data-sent]").forEach(wake));
  document.querySelector("[data-focus]:not([data-still] *)")?.focus();
}

function wake(form) {
  delete form.dataset.sent;
  buttons(form, false);
}

function buttons(form, off) {
  for (const b of form.elements) {
    if (b.type !== "submit") continue;
    if (off && !b.disabled) {
      b.disabled = true;
      b.dataset.rests = "1";
    } else if (!off && b.dataset.rests) {
      b.disabled = false;
      delete b.dataset.rests;
    }
  }
}
