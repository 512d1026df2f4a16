import { all, on, say } from "./dom.js";

export function small() {
  on("click", "[data-dialog]", (e, button) => {
    const dialog = document.getElementById(button.dataset.dialog);
    if (!dialog) return; // the link leads to a page of its own
    e.preventDefault();
    dialog.showModal();
  });

  on("click", "[data-copy]", async (e, button) => {
    await navigator.clipboard.writeText(button.dataset.copy);
    say(button.dataset.copied);
    const label = button.querySelector("[data-label]");
    const text = label.textContent;
    label.textContent = button.dataset.copied;
    setTimeout(() => (label.textContent = text), 2000);
  });

  all("[data-toast] [data-close]").forEach((b) => (b.hidden = false));
  on("click", "[data-toast] [data-close]", (e, b) => b.closest("[data-toast]").remove());

  all("[data-wait]").forEach(wait);

  all("[data-print-page]").forEach((b) => (b.hidden = false));
  on("click", "[data-print-page]", () => print());

  // Filters stand open beside the list on wide screens; their state must be said so.
  const wide = matchMedia("(min-width: 62rem)");
  all("[data-filterbox]").forEach((box) => wide.matches && (box.open = true));
}

// wait holds back what is too early and counts down to it.
function wait(box) {
  const until = performance.now() + Number(box.dataset.wait) * 1000;
  const [note, rest] = box.children;
  const tick = () => {
    const left = Math.ceil((until - performance.now()) / 1000);
    note.hidden = left <= 0;
    rest.hidden = left > 0;
    note.querySelector("[data-left]").textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left > 0) setTimeout(tick, 1000);
  };
  tick();
}
