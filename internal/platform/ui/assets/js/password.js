import { all } from "./dom.js";

// Showing a password and ticking off the rules for a new one.
export function passwords() {
  all("[data-password]").forEach((field) => {
    const input = field.querySelector("input");
    const button = field.querySelector("[data-show]");
    const texts = [button.textContent.trim(), button.dataset.hideText];
    const show = (on) => {
      input.type = on ? "text" : "password";
      button.textContent = texts[on ? 1 : 0];
    };
    button.hidden = false;
    button.addEventListener("click", () => show(input.type === "password"));
    input.form?.addEventListener("submit", () => show(false));

    const rules = field.querySelector(".rules");
    if (!rules) return;
    const tick = () =>
      all("li", rules).forEach((li) => {
        const met = [...input.value].length >= Number(li.dataset.least) && (!li.dataset.has || new RegExp(li.dataset.has, "u").test(input.value)) && input.value !== "";
        li.toggleAttribute("data-met", met);
        li.querySelector("[data-said]").textContent = met ? " " + rules.dataset.ok : "";
      });
    input.addEventListener("input", tick);
    tick();
  });
}
