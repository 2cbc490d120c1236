// The list: clips play when they are pointed at, candidates are made, and what changes elsewhere shows.

import {begin, typing} from "./shell.js";
import {send} from "./server.js";

const base = document.body.dataset.base;
const cards = document.getElementById("cards");

function animate(link) {
  if (link.querySelector("video")) return;
  const video = document.createElement("video");
  Object.assign(video, {muted: true, loop: true, playsInline: true, src: link.dataset.video});
  link.prepend(video);
  video.addEventListener("loadeddata", () => link.classList.add("playing"));
  video.play().catch(() => video.remove());
}

function still(link) {
  link.classList.remove("playing");
  link.querySelector("video")?.remove();
}

function pictureOf(event) {
  return event.target instanceof Element ? event.target.closest(".card")?.querySelector("[data-video]") : null;
}

cards.addEventListener("pointerover", (event) => { const link = pictureOf(event); if (link) animate(link); });
cards.addEventListener("focusin", (event) => { const link = pictureOf(event); if (link) animate(link); });
for (const kind of ["pointerout", "focusout"]) {
  cards.addEventListener(kind, (event) => {
    const link = pictureOf(event);
    if (link && !event.target.closest(".card").contains(event.relatedTarget)) still(link);
  });
}

cards.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-make]");
  if (!button) return;
  button.disabled = true;
  try {
    const made = await send(button.dataset.make);
    location.href = `${base}/clips/${made.id}`;
  } finally {
    button.disabled = false;
  }
});

addEventListener("keydown", (event) => {
  if (event.key === "/" && !typing(event)) {
    event.preventDefault();
    document.getElementById("find").focus();
  }
});

function refresh() {
  htmx.trigger(document.querySelector("form.filter"), "submit");
}

begin({
  job: (job) => { if (job.phase === "done") refresh(); },
  clip: refresh,
});
