// One clock for everything: the small film of the source. Times are those of the source, in seconds.

import {address, onChange, state} from "./store.js";

const film = document.getElementById("source");
const playing = document.getElementById("play");
const watchers = new Set();
let shown = "";
let wanted = null;

export function onTime(watcher) {
  watchers.add(watcher);
}

export const now = () => wanted ?? film.currentTime + state.region[0];
export const isPlaying = () => !film.paused;

function tell() {
  for (const watcher of watchers) watcher(now());
}

export function seek(time) {
  const within = Math.min(Math.max(time, state.region[0]), state.region[1] - 0.01);
  wanted = within;
  if (film.readyState > 0) film.currentTime = within - state.region[0];
  tell();
}

export function toggle() {
  if (!film.paused) {
    film.pause();
    return;
  }
  if (now() >= state.end - 0.05 || now() < state.start - 0.05) seek(state.start);
  film.play().catch(() => {});
}

export const step = (seconds) => seek(now() + seconds);
export const picture = film;

function frame() {
  if (!film.paused) {
    if (now() >= state.end && now() < state.end + 0.5) film.pause();
    tell();
  }
  requestAnimationFrame(frame);
}

film.addEventListener("seeked", () => { wanted = null; tell(); });
film.addEventListener("loadedmetadata", () => { film.currentTime = (wanted ?? state.start) - state.region[0]; });
film.addEventListener("loadeddata", tell);
film.addEventListener("play", () => { wanted = null; playing.textContent = "Pause"; });
film.addEventListener("pause", () => { playing.textContent = "Play"; tell(); });

export function start() {
  wanted = state.start;
  onChange((clip) => {
    const region = clip.region.join("-");
    if (shown && region !== shown) {  // the clip was trimmed beyond what the film shows
      wanted = now();
      film.src = `${address}/source.mp4?${region}`;
    }
    shown = region;
    tell();
  });
  if (film.readyState > 0) seek(state.start);
  requestAnimationFrame(frame);
}
