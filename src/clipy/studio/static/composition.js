// The preview: the source's picture in its crop windows, as the renderer lays it out, and the captions on top.

import {address, onChange, state} from "./store.js";
import {isPlaying, now, onTime, picture} from "./player.js";

const canvas = document.getElementById("preview");
const overlay = document.getElementById("overlay");
const paint = canvas.getContext("2d");
let asked = "";
let timer = 0;

export function shotAt(time) {
  return state.crop?.find((shot) => time < shot.end) ?? state.crop?.at(-1) ?? null;
}

export function windowAt(panel, time) {
  const keys = panel.keyframes;
  const after = keys.findIndex((key) => key.time > time);
  if (after === 0) return keys[0];
  if (after < 0) return keys.at(-1);
  const [a, b] = [keys[after - 1], keys[after]];
  const share = (time - a.time) / (b.time - a.time);
  const mix = (side) => a[side] + share * (b[side] - a[side]);
  return {x1: mix("x1"), y1: mix("y1"), x2: mix("x2"), y2: mix("y2")};
}

function draw(time) {
  const shot = shotAt(time);
  if (!shot || picture.readyState < 2 || !state.source.width) return;
  const size = state.output;
  const scale = canvas.width / size.width;
  const small = picture.videoWidth / state.source.width;
  paint.fillStyle = "#000";
  paint.fillRect(0, 0, canvas.width, canvas.height);
  if (shot.layout === "fit" || shot.layout === "tile") {  // the backdrop, roughly
    paint.filter = "blur(12px) brightness(60%)";
    paint.drawImage(picture, -canvas.width, 0, canvas.width * 3, canvas.height);
    paint.filter = "none";
  }
  for (const panel of shot.panels) {
    const box = windowAt(panel, time);
    const [x1, y1, x2, y2] = panel.into.map((side) => side * scale);
    paint.drawImage(picture, box.x1 * small, box.y1 * small, (box.x2 - box.x1) * small, (box.y2 - box.y1) * small, x1, y1, x2 - x1, y2 - y1);
  }
}

// A word's captions look the same until the next word begins, so one picture for each word is enough.
function captionTime(time) {
  const words = (state.words ?? []).filter((word) => !word.hidden);
  const at = words.findLast((word) => word.start <= time);
  if (!at) return null;
  const settled = Math.min(at.start + 0.15, Math.max(at.start + 0.01, at.end - 0.01));
  return time > at.end + 0.3 ? Math.min(time, at.end + 0.3) : settled;
}

function showCaptions(time) {
  const at = time >= state.start && time < state.end ? captionTime(time) : null;
  const source = at === null ? "" : `${address}/captions.png?time=${at.toFixed(3)}&r=${state.revision}`;
  if (source === asked) return;
  asked = source;
  if (!source) {
    overlay.hidden = true;
    return;
  }
  const next = new Image();
  next.onload = () => {
    if (asked !== source) return;
    overlay.src = source;
    overlay.dataset.revision = state.revision;
    overlay.hidden = false;
  };
  next.src = source;
}

function stillSoon(time) {
  clearTimeout(timer);
  canvas.parentElement.classList.remove("exact");
  if (isPlaying() || !state.ready) return;
  timer = setTimeout(() => { if (!isPlaying()) draw(time); }, 150);
}

export function start() {
  const refresh = (time) => {
    draw(time);
    if (state.ready) showCaptions(time);
  };
  onTime(refresh);
  onTime(stillSoon);
  onChange((clip) => {
    if (!clip.output) return;
    canvas.width = 270;
    canvas.height = Math.round(270 * clip.output.height / clip.output.width);
    refresh(now());
  });
}
