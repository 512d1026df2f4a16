import { all, csrf } from "./dom.js";

// A session that nobody uses ends. A minute before, the page asks whether
// somebody is there. The server alone knows how long is left: work in another
// tab prolongs, and so does typing here; news that come by themselves do not.
export function idle() {
  const dialog = document.querySelector("dialog[data-idle]");
  if (!dialog) return;
  const address = dialog.dataset.session;
  const warn = Number(dialog.dataset.warn); // seconds before the end
  const often = warn * 1000; // milliseconds: how often work here is told to the server at most
  const rest = dialog.querySelector("[data-left]");
  let timer, clock, end, told = Date.now(), gone = false;

  // ask returns the seconds left, 0 when the session is over, null when the
  // server does not answer.
  const ask = async (method) => {
    told = Date.now();
    const headers = { Accept: "application/json", "X-CSRF": csrf(dialog) };
    if (method === "GET") headers["X-Passive"] = "1";
    try {
      const answer = await fetch(address, { method, headers });
      if (answer.status === 401 || answer.status === 403) return 0;
      return answer.ok ? (await answer.json()).left : null;
    } catch {
      return null;
    }
  };

  const look = async (method = "GET") => {
    clearTimeout(timer);
    const left = await ask(method);
    if (gone) return;
    if (left === null) {
      timer = setTimeout(look, 5000);
    } else if (left <= 0) {
      leave();
    } else if (left > warn) {
      clearInterval(clock);
      if (dialog.open) dialog.close();
      timer = setTimeout(look, (left - warn) * 1000 + 500);
    } else {
      end = Date.now() + left * 1000;
      count();
      clearInterval(clock);
      clock = setInterval(count, 1000);
      if (!dialog.open) dialog.showModal();
      timer = setTimeout(look, Math.min(left * 1000 + 500, 5000));
    }
  };

  const count = () => {
    const left = Math.max(Math.ceil((end - Date.now()) / 1000), 0);
    rest.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  };

  // leave goes to the sign-in. A form that was changed is sent first: the server
  // knows that the session is over, keeps what was typed, and shows it again
  // after the sign-in.
  const leave = () => {
    gone = true;
    const form = [...all("main form")].find((f) => f.method === "post" && !f.dataset.autosave && [...f.elements].some(changed));
    if (form) HTMLFormElement.prototype.submit.call(form);
    else location.replace("/login?next=" + encodeURIComponent(location.pathname + location.search));
  };

  dialog.addEventListener("cancel", () => look("POST")); // Escape
  dialog.querySelector("[data-continue]").addEventListener("click", () => look("POST"));
  for (const event of ["input", "keydown", "pointerdown"]) {
    addEventListener(event, () => !dialog.open && !gone && Date.now() - told > often && look("POST"), { passive: true, capture: true });
  }
  document.addEventListener("visibilitychange", () => !document.hidden && !gone && look()); // timers sleep with the machine
  addEventListener("session-lost", () => !gone && look());
  addEventListener("pageshow", (e) => e.persisted && ((gone = false), look())); // a page from before a sign-out must not stay
  timer = setTimeout(look, Math.max(Number(dialog.dataset.idle) - warn, 0) * 1000 + 500);
}

function changed(field) {
  if (field.type === "hidden" || !field.name) return false;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.options) return [...field.options].some((o) => o.selected !== o.defaultSelected) && field.selectedIndex > 0;
  return "defaultValue" in field && field.value !== field.defaultValue;
}
