export const all = (selector, root = document) => root.querySelectorAll(selector);

// on listens to an event of elements that match selector, now and later.
export function on(event, selector, handler) {
  document.addEventListener(event, (e) => {
    const el = e.target.closest?.(selector);
    if (el) handler(e, el);
  });
}

// say tells a sentence to people who use a screen reader, when they pause.
export function say(text) {
  const region = document.querySelector("[data-live]");
  region.textContent = "";
  setTimeout(() => (region.textContent = text), 100);
}

export const csrf = (form) => form.querySelector("[name=csrf]")?.value ?? "";

// showError puts a sentence under a field, or takes it away when it is "".
export function showError(input, text) {
  const field = input.closest(".ds-field");
  const id = input.id + "-error";
  let note = document.getElementById(id);
  const others = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((x) => x && x !== id);
  if (text) {
    if (!note) {
      note = document.createElement("p");
      note.className = "ds-validation-message";
      note.dataset.field = "validation";
      note.id = id;
      field.append(note);
    }
    note.textContent = text;
    input.setAttribute("aria-invalid", "true");
    others.push(id);
    say(text);
  } else {
    note?.remove();
    input.removeAttribute("aria-invalid");
  }
  if (others.length) input.setAttribute("aria-describedby", others.join(" "));
  else input.removeAttribute("aria-describedby");
}
