import { all, csrf, say } from "./dom.js";

// A meeting by video: the citizen offers a connection, the operator answers.
// Each sends one description with all its addresses, so few messages pass
// through the portal; a broken connection begins anew with another offer.
const every = 1500; // milliseconds between questions for news
const gather = 3000; // milliseconds given to finding addresses

export function video() {
  all("[data-video]").forEach(meet);
}

async function meet(box) {
  const set = box.dataset, offers = set.video === "citizen";
  const far = box.querySelector("[data-far]"), near = box.querySelector("[data-near]"), said = box.querySelector("[data-said]");
  const before = document.querySelector("[data-before]");
  const tell = (text) => {
    if (said.textContent === text) return;
    said.textContent = text;
    say(text);
  };
  let peer, stream, attempt = "", after = 0, state = "";

  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: { ideal: 1280 }, facingMode: "user" } });
  } catch {
    tell(set.noCamera);
    if (offers) return;
    stream = new MediaStream(); // an operator without a camera still sees and decides
  }
  near.srcObject = stream;
  tell("");
  const controls = box.querySelector("[data-controls]");
  controls.hidden = !stream.getTracks().length;
  all("[data-mute]", controls).forEach((button) =>
    button.addEventListener("click", () => {
      const off = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", off);
      stream.getTracks().forEach((t) => t.kind === button.dataset.mute && (t.enabled = !off));
    }));

  const send = () =>
    fetch(set.signal, { method: "POST", body: new URLSearchParams({ csrf: csrf(box), data: JSON.stringify({ attempt, is: peer.localDescription }) }), headers: { Accept: "application/json" } });

  const connect = () => {
    peer?.close();
    peer = new RTCPeerConnection({ iceServers: JSON.parse(set.servers) ?? [], iceTransportPolicy: set.transport });
    for (const kind of ["audio", "video"]) {
      const track = stream.getTracks().find((t) => t.kind === kind);
      if (track) peer.addTrack(track, stream);
      else if (offers) peer.addTransceiver(kind, { direction: "recvonly" });
    }
    peer.ontrack = (e) => (far.srcObject = e.streams[0] ?? new MediaStream([e.track]));
    peer.onconnectionstatechange = () => {
      box.dataset.state = peer.connectionState;
      if (peer.connectionState === "connected") tell(set.connected);
      if (peer.connectionState === "disconnected") tell(set.broken);
      if (peer.connectionState === "failed") {
        tell(set.broken);
        if (offers) offer();
      }
    };
    tell(set.connecting);
  };
  const described = async (description) => {
    const whole = new Promise((done) => {
      peer.onicecandidate = (e) => e.candidate || done();
      setTimeout(done, gather);
    });
    await peer.setLocalDescription(description);
    await whole;
    await send();
  };
  const offer = async () => {
    connect();
    attempt = crypto.randomUUID();
    await described(await peer.createOffer());
  };
  const hear = async (told) => {
    if (offers) return told.attempt === attempt && peer.signalingState === "have-local-offer" && peer.setRemoteDescription(told.is);
    connect();
    attempt = told.attempt;
    await peer.setRemoteDescription(told.is);
    await described(await peer.createAnswer());
  };

  const ask = async () => {
    try {
      const answer = await fetch(`${set.signal}?after=${after}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) return location.reload();
      const news = await answer.json();
      if (news.text && before) before.textContent = news.text;
      if (state && news.state !== state && news.state !== "live") return location.reload();
      if (offers && news.state === "live" && state !== "live") {
        if (before) before.textContent = "";
        offer();
      }
      state = news.state;
      const newest = (news.signals ?? []).at(-1); // what came before it belongs to attempts that are over
      if (newest) {
        after = newest.seq;
        await hear(JSON.parse(newest.data));
      }
    } catch {
      tell(set.broken);
    }
    setTimeout(ask, every);
  };
  ask();
}
