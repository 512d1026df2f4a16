import { csrf, on, say, showError } from "./dom.js";

// Files are sent one by one as soon as they are chosen, where the field says
// where to; else they go with their form, which shows how far it is.
export function uploads() {
  // Capturing: before the form is put to rest like those without a file.
  document.addEventListener("submit", (e) => {
    if (sending.has(e.target)) { // a file is on its way: the form goes after it
      e.preventDefault();
      e.stopPropagation();
      sending.set(e.target, e.submitter);
      return;
    }
    const input = e.target.querySelector("input[type=file]:not([data-upload])");
    if (!e.defaultPrevented && input?.files.length) sendForm(e, input);
  }, true);
  on("change", "input[type=file]", (e, input) => {
    const { max, tooLarge } = input.dataset;
    const files = [...input.files];
    if (max && files.some((f) => f.size > Number(max))) {
      input.value = "";
      showError(input, tooLarge);
      return;
    }
    showError(input, "");
    if (input.dataset.upload) send(input, files);
  });
}

// sending holds the forms of which a file is on its way, each with the button
// that was pressed meanwhile.
const sending = new Map();

async function send(input, files) {
  const form = input.form;
  sending.set(form, sending.get(form));
  const field = input.closest("[data-upload-field]");
  const list = field.querySelector("[data-files]");
  const now = field.querySelector("[data-progress]");
  const bar = now.querySelector("progress");
  const text = now.querySelector("[data-progress-text]");
  input.disabled = true;
  now.hidden = false;
  for (const file of files) {
    say(input.dataset.sending + ": " + file.name);
    const answer = await post(input, file, (percent) => {
      bar.value = percent;
      text.textContent = `${input.dataset.sending}: ${file.name}, ${percent}\u00a0%`;
    });
    if (!answer.ok) {
      showError(input, answer.text || input.dataset.failed);
      sending.set(form, undefined);
      break;
    }
    if (!input.multiple) list.replaceChildren();
    list.insertAdjacentHTML("beforeend", answer.text);
    say(file.name);
  }
  now.hidden = true;
  input.value = ""; // what was sent must not go with the form again
  input.disabled = false;
  const pressed = sending.get(form);
  sending.delete(form);
  if (pressed) form.requestSubmit(pressed);
}

// sendForm sends a form with its file. Then it goes where the answer leads, or
// shows the answer's content in the place of the page's own.
function sendForm(e, input) {
  const form = e.target;
  e.preventDefault();
  if (form.dataset.sent) return;
  form.dataset.sent = "1";
  const now = input.closest("[data-upload-field]").querySelector("[data-progress]");
  const bar = now.querySelector("progress");
  const text = now.querySelector("[data-progress-text]");
  const label = bar.getAttribute("aria-label");
  const show = (percent) => {
    bar.value = percent;
    text.textContent = `${label}: ${input.files[0].name}, ${percent}\u00a0%`;
  };
  now.hidden = false;
  show(0);
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.upload.onprogress = (e) => e.lengthComputable && show(Math.round((e.loaded / e.total) * 100));
  request.onload = () => {
    if (request.responseURL !== form.action) location.assign(request.responseURL);
    else if (!swap(request.responseText)) form.submit();
  };
  request.onerror = () => form.submit(); // the browser says what is wrong with the connection
  request.send(new FormData(form));
}

// swap puts the content of another page in the place of this one's, and
// reports whether it is a page of ours.
function swap(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const main = page.querySelector("main");
  if (!main) return false;
  document.title = page.title;
  document.querySelector("main").replaceWith(main);
  (main.querySelector("[data-focus]") ?? main).focus();
  return true;
}

function post(input, file, progress) {
  return new Promise((resolve) => {
    const body = new FormData();
    body.append("csrf", csrf(input.form)); // first: the server reads no file for a stranger
    body.append(input.name, file);
    const request = new XMLHttpRequest();
    request.open("POST", input.dataset.upload);
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (e) => e.lengthComputable && progress(Math.round((e.loaded / e.total) * 100));
    request.onload = () => {
      const ok = request.status === 200;
      resolve({ ok, text: ok || request.status < 500 ? request.responseText : "" });
    };
    request.onerror = () => resolve({ ok: false, text: "" });
    progress(0);
    request.send(body);
  });
}
