import { csrf, on, say, showError } from "./dom.js";

// Files are sent one by one as soon as they are chosen.
export function uploads() {
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

async function send(input, files) {
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
      break;
    }
    if (!input.multiple) list.replaceChildren();
    list.insertAdjacentHTML("beforeend", answer.text);
    say(file.name);
  }
  now.hidden = true;
  input.value = ""; // what was sent must not go with the form again
  input.disabled = false;
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
