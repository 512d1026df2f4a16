import { all, on, say } from "./dom.js";

// Where a page says so, the fields of a form are asked for again after an answer
// was given: questions that hang on it come and go, and what was left is
// checked. The server decides all of it; the script only puts what is new in
// its place and leaves alone what the person is at.
export function recheck() {
  let running = false, again = null;
  let touched = new Set(); // parts changed while the server was asked

  on("input", "[data-recheck] *", (e, input) => touched.add(partOf(input)));
  on("change", "[data-recheck] *", (e, input) => ask(input));

  // While a button is held down nothing may move: what is pressed must be what is let go.
  let held = false, waiting = [];
  document.addEventListener("pointerdown", () => (held = true), true);
  for (const end of ["pointerup", "pointercancel", "dragend"]) {
    document.addEventListener(end, () => setTimeout(() => {
      held = false;
      waiting.splice(0).forEach((go) => go());
    }), true);
  }
  const released = () => held && new Promise((go) => waiting.push(go));

  async function ask(input) {
    const region = input.closest("[data-recheck]");
    if (!input.name || input.type === "file" || input.form.dataset.sent) return;
    if (running) {
      again = input;
      return;
    }
    running = true;
    touched = new Set();
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(input.form)) if (typeof value === "string") body.append(name, value);
    body.set("_do", "check");
    body.set("_left", [input.name, ...wrong(region)].join(" "));
    try {
      const answer = await fetch(region.dataset.recheck, { method: "POST", body });
      const html = await answer.text();
      await released();
      if (answer.ok && !input.form?.dataset.sent) put(region, html);
    } catch {
      // No connection: the server checks when the form is sent.
    }
    running = false;
    if (again?.isConnected) ask(again);
    again = null;
  }

  function put(region, html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-recheck]");
    if (!fresh) return;
    const tab = region.querySelector("[name=_tab]").value;
    const before = new Set(wrong(region));
    const news = [];
    sync(region, fresh, news);
    region.querySelector("[name=_tab]").value = tab;
    const errors = wrong(region).filter((id) => !before.has(id)).map((id) => document.getElementById(id + "-error").textContent);
    if (news.length || errors.length) say([...errors, news.length ? region.dataset.appeared : ""].join(" "));
  }

  // sync makes the parts of old those of fresh.
  function sync(old, fresh, news) {
    const have = new Map(parts(old).map((p) => [p.dataset.part, p]));
    let last = null;
    for (const part of parts(fresh)) {
      const mine = have.get(part.dataset.part);
      have.delete(part.dataset.part);
      if (!mine) {
        place(old, last, document.adoptNode(part));
        news.push(part);
        last = part;
      } else if (parts(mine).length || parts(part).length) {
        sync(mine, part, news);
        last = mine;
      } else if (busy(mine) || mine.isEqualNode(part)) {
        last = mine;
      } else {
        mine.replaceWith(document.adoptNode(part));
        last = part;
      }
    }
    have.forEach((gone) => gone.remove());
  }

  function place(parent, last, part) {
    const first = parts(parent)[0], legend = parent.querySelector(":scope > legend");
    if (last) last.after(part);
    else if (first) first.before(part);
    else if (legend) legend.after(part);
    else parent.append(part);
  }

  const busy = (part) => part.contains(document.activeElement) || touched.has(part) || [...all("[type=file]", part)].some((f) => f.files.length || f.disabled);
}

const partOf = (el) => el.closest("[data-part]");

// parts are those directly in el, not in another part of it.
const parts = (el) => [...all("[data-part]", el)].filter((p) => p.parentElement.closest("[data-part], [data-recheck]") === el);

// wrong lists the inputs about which something is said.
const wrong = (region) => [...all(".ds-validation-message[id$='-error']", region)].map((note) => note.id.slice(0, -"-error".length));
