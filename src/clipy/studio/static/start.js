// A new run: a file that is dropped or chosen is copied to the studio's folder, or a path is named.

import {say, send} from "./server.js";
import {begin} from "./shell.js";

const form = document.getElementById("begin");
const drop = document.getElementById("drop");
const file = document.getElementById("file");
const bar = document.getElementById("sending");

// XMLHttpRequest, because fetch does not tell how much of a body has gone out.
function copy(video) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("PUT", `/sources/${encodeURIComponent(video.name)}`);
    request.upload.addEventListener("progress", (event) => { bar.value = event.loaded / Math.max(1, event.total); });
    request.addEventListener("load", () => {
      const answer = JSON.parse(request.responseText || "{}");
      if (request.status === 201) done(answer.dropped);
      else failed(new Error(answer.error || "The file was refused."));
    });
    request.addEventListener("error", () => failed(new Error("The file could not be copied.")));
    bar.hidden = false;
    request.send(video);
  });
}

function chosen() {
  document.getElementById("chosen").textContent = file.files[0]?.name ?? "";
}

file.addEventListener("change", chosen);
for (const kind of ["dragover", "dragleave", "drop"]) {
  drop.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files.length) {
      file.files = event.dataTransfer.files;
      chosen();
    }
  });
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const fields = new FormData(form);
  const asked = {about: fields.get("about").trim()};
  if (fields.get("profile")) asked.profile = fields.get("profile");
  if (fields.get("clips")) asked.clips = Number(fields.get("clips"));
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    if (file.files.length) asked.dropped = await copy(file.files[0]);
    else asked.path = fields.get("path").trim();
    location.href = (await send("/runs", asked)).page;
  } catch (error) {
    if (error.message) say(error.message);
  } finally {
    button.disabled = false;
    bar.hidden = true;
  }
});

document.querySelectorAll("[data-resume]").forEach((button) => button.addEventListener("click", async () => {
  location.href = (await send(`/unfinished/${button.dataset.resume}/resume`)).page;
}));

begin();
