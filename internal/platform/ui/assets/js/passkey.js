import { all } from "./dom.js";

// A form that a passkey answers: the browser asks the person, its answer goes
// with the form. Where the page says so, passkeys also stand in the field of the
// login name.
const bytes = (s) => Uint8Array.from(atob(s.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (b) => b && btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

export function passkeys() {
  all("form[data-passkey]").forEach((form) => {
    const options = read(JSON.parse(form.dataset.options));
    const name = options.rp?.id ?? options.rpId, host = location.hostname;
    if (!window.PublicKeyCredential || (host !== name && !host.endsWith("." + name))) return; // the note stays
    form.parentElement.querySelector("[data-passkey-none]")?.remove();
    form.hidden = false;
    const said = form.querySelector("[data-passkey-said]");
    let waiting = new AbortController();
    const ask = async (more) => {
      const key = await navigator.credentials[form.dataset.passkey]({ publicKey: options, ...more });
      form.elements.answer.value = JSON.stringify(write(key));
      const box = document.querySelector(`input[type=checkbox][name="${form.dataset.copyBox}"]`);
      if (box?.checked) form.elements[form.dataset.copyBox].value = box.value;
      form.requestSubmit();
    };
    form.addEventListener("submit", async (e) => {
      if (form.elements.answer.value) return;
      e.preventDefault();
      said.hidden = true;
      waiting.abort();
      try {
        await ask();
      } catch (err) {
        said.textContent = (err.name === "InvalidStateError" && form.dataset.there) || form.dataset.failed;
        said.hidden = false;
      }
    });
    addEventListener("pageshow", (e) => e.persisted && (form.elements.answer.value = ""));
    if ("autofill" in form.dataset)
      PublicKeyCredential.isConditionalMediationAvailable?.().then((can) => can && ask({ mediation: "conditional", signal: waiting.signal }).catch(() => {}));
  });
}

function read(o) {
  o.challenge = bytes(o.challenge);
  if (o.user) o.user.id = bytes(o.user.id);
  for (const key of [...(o.allowCredentials ?? []), ...(o.excludeCredentials ?? [])]) key.id = bytes(key.id);
  return o;
}

function write(key) {
  const r = key.response;
  const response = { clientDataJSON: text(r.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) if (r[part]) response[part] = text(r[part]);
  if (r.getTransports) response.transports = r.getTransports();
  return { id: key.id, rawId: text(key.rawId), type: key.type, authenticatorAttachment: key.authenticatorAttachment, clientExtensionResults: {}, response };
}
