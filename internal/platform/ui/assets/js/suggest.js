import { all, say } from "./dom.js";

// Suggestions under the search box: the combobox pattern of ARIA with a list.
const pause = 120; // milliseconds after the last key
const least = 2; // characters

export function suggestions() {
  all("form[data-suggest]").forEach(attach);
}

let lists = 0;

function attach(form) {
  const input = form.querySelector("[type=search]");
  const list = document.createElement("ul");
  list.className = "suggest";
  list.id = "suggest-list-" + ++lists;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.getAttribute("aria-label"));
  list.hidden = true;
  input.closest(".search").append(list);
  for (const [k, v] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id]]) input.setAttribute(k, v);

  let timer, request, active = -1;
  const options = () => all("[role=option]", list);

  const show = (open) => {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    if (!open) choose(-1);
  };
  const choose = (n) => {
    active = n;
    options().forEach((o, i) => o.setAttribute("aria-selected", String(i === n)));
    const o = options()[n];
    if (o) {
      input.setAttribute("aria-activedescendant", o.id);
      o.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  };
  const ask = async () => {
    request?.abort();
    const q = input.value.trim();
    if (q.length < least) return show(false);
    request = new AbortController();
    try {
      const answer = await fetch(form.dataset.suggest + "?q=" + encodeURIComponent(q), { signal: request.signal });
      list.innerHTML = answer.ok ? await answer.text() : "";
      options().forEach((o, i) => (o.id = list.id + "-" + i));
      show(options().length > 0);
      const said = list.querySelector("[data-said]")?.dataset.said;
      if (said) say(said);
    } catch {
      // Aborted by the next key, or no connection: searching still works.
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, pause);
  });
  input.addEventListener("keydown", (e) => {
    const n = options().length;
    if (e.key === "Escape" && !list.hidden) {
      show(false);
      e.preventDefault();
    } else if ((e.key === "ArrowDown" || e.key === "ArrowUp") && n) {
      if (list.hidden) show(true);
      const step = e.key === "ArrowDown" ? 1 : -1;
      choose(active < 0 ? (step > 0 ? 0 : n - 1) : (active + step + n) % n);
      e.preventDefault();
    } else if (e.key === "Enter" && active >= 0 && !list.hidden) {
      e.preventDefault();
      location.assign(options()[active].dataset.href);
    }
  });
  input.addEventListener("blur", () => show(false));
  list.addEventListener("mousedown", (e) => e.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (e) => {
    const o = e.target.closest("[role=option]");
    if (o) location.assign(o.dataset.href);
  });
}
