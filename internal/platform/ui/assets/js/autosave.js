import { all } from "./dom.js";

// A draft saves itself a moment after the last change, and at once when the
// page is put away.
const pause = 1000; // milliseconds

export function autosave() {
  all("form[data-autosave]").forEach((form) => {
    let timer, changed = false;
    const save = async () => {
      clearTimeout(timer);
      if (!changed || form.dataset.sent) return;
      changed = false;
      const body = new URLSearchParams();
      for (const [name, value] of new FormData(form)) if (typeof value === "string") body.append(name, value);
      try {
        const answer = await fetch(form.dataset.autosave, { method: "POST", body, headers: { Accept: "application/json", "X-Autosave": "1" }, keepalive: true });
        if (!answer.ok) throw answer;
        tell(await answer.text());
      } catch {
        changed = true; // the next change tries again
        tell(form.dataset.failed);
      }
    };
    const tell = (text) => {
      const note = form.querySelector("[data-saved]");
      if (!note || !text) return;
      note.querySelector("span").textContent = text;
    };
    form.addEventListener("input", () => {
      changed = true;
      clearTimeout(timer);
      timer = setTimeout(save, pause);
    });
    document.addEventListener("visibilitychange", () => document.hidden && save());
  });
}
