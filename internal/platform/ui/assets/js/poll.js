import { all } from "./dom.js";

const every = 2500; // milliseconds between questions

// A page that waits for something done elsewhere asks whether it was, and goes
// on by its own form. Without script the form's button does that.
export function poll() {
  all("[data-poll]").forEach((box) => {
    const ask = async () => {
      if (!box.isConnected) return;
      if (!document.hidden) {
        const answer = await fetch(box.dataset.poll).catch(() => null);
        if (answer?.status === 200) return box.querySelector("form").requestSubmit();
        if (answer && answer.status !== 204 && answer.status !== 429) return location.reload();
      }
      setTimeout(ask, every);
    };
    setTimeout(ask, every);
  });
}
