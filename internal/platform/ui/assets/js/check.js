import { csrf, on, showError } from "./dom.js";

// A field with an address to check it is checked after it is left, when its
// value has changed.
export function checks() {
  const checked = new WeakMap();
  on("focusin", "[data-check]", (e, input) => checked.has(input) || checked.set(input, input.value));
  on("focusout", "[data-check]", async (e, input) => {
    const value = input.value;
    if (value === "" || checked.get(input) === value) return;
    checked.set(input, value);
    const body = new URLSearchParams({ csrf: csrf(input.form), name: input.name, value });
    try {
      const answer = await fetch(input.dataset.check, { method: "POST", body, headers: { Accept: "application/json" } });
      const text = answer.ok ? await answer.text() : "";
      if (input.value === value) showError(input, text);
    } catch {
      // No connection: the server checks again when the form is sent.
    }
  });

  // A day typed without dots gets them.
  on("input", "[data-pattern=date]", (e, input) => {
    if (e.inputType !== "insertText" || input.selectionEnd !== input.value.length) return;
    const digits = input.value.replace(/\D/g, "").slice(0, 8);
    if (!/^[\d.]*$/.test(input.value)) return;
    if (/^\d{1,2}\.\d?$/.test(input.value) || /^\d{1,2}\.\d{1,2}\.\d{0,4}$/.test(input.value)) return;
    input.value = [digits.slice(0, 2), digits.slice(2, 4), digits.slice(4)].filter(Boolean).join(".");
  });
}
