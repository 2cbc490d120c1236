// The timeline: the sound of the source around the clip, its words, findings and cuts; both ends can be dragged.

import {address, change, onChange, state} from "./store.js";
import {now, onTime, seek} from "./player.js";
import {element, load} from "./server.js";

const place = document.getElementById("timeline");
const canvas = document.getElementById("wave");
const lane = document.getElementById("lane");
const handles = {start: document.getElementById("start"), end: document.getElementById("end")};
const ROWS = 3;  // words are written in turn on each
const snap = document.getElementById("snap");
let wave = null;
let around = {words: [], sentences: [], cuts: []};
let region = "";
let trial = null;  // {start, end} while an end is dragged
let nudging = 0;

const span = () => trial ?? {start: state.start, end: state.end};
const share = (time) => (time - state.region[0]) / (state.region[1] - state.region[0]);
const percent = (time) => `${100 * Math.min(1, Math.max(0, share(time)))}%`;

export function clock(time) {
  const tenths = Math.round(Math.max(0, time) * 10);
  return `${Math.floor(tenths / 600)}:${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
}

function drawWave() {
  const width = canvas.width = canvas.clientWidth * devicePixelRatio;
  const height = canvas.height = canvas.clientHeight * devicePixelRatio;
  const paint = canvas.getContext("2d");
  paint.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--wave");
  if (!wave) return;
  const each = wave.peaks.length / width;
  for (let x = 0; x < width; x += 1) {
    const heard = wave.peaks.slice(Math.floor(x * each), Math.max(Math.floor(x * each) + 1, Math.floor((x + 1) * each)));
    const tall = Math.max(1, Math.sqrt(Math.max(0, ...heard)) * height);
    paint.fillRect(x, (height - tall) / 2, 1, tall);
  }
}

function drawLane() {
  const all = [...around.words, ...(state.words ?? []).filter((word) => !word.hidden)];
  all.sort((a, b) => a.start - b.start);
  const words = all.map((word, index) => {
    const next = all[index + ROWS]?.start ?? word.end + 1;
    const room = canvas.clientWidth * (next - word.start) / (state.region[1] - state.region[0]);
    const made = element("span", {title: word.text, class: `row-${index % ROWS}`}, room > 6 * word.text.length ? word.text : "");
    made.style.left = percent(word.start);
    made.style.maxWidth = `${room}px`;
    return made;
  });
  const cuts = around.cuts.map((cut) => {
    const made = element("i", {title: "cut"});
    made.style.left = percent(cut);
    return made;
  });
  const findings = state.findings.filter((finding) => finding.start !== null && finding.start !== undefined).map((finding) => {
    const made = element("a", {href: "#findings-panel", class: finding.severity, title: finding.message, "aria-label": `${finding.severity}: ${finding.message}`});
    made.style.left = percent(state.start + finding.start);
    made.style.width = `${100 * Math.max(0, finding.end - finding.start) / (state.region[1] - state.region[0])}%`;
    return made;
  });
  lane.replaceChildren(...words, ...cuts, ...findings);
}

function drawEnds() {
  const {start, end} = span();
  document.getElementById("outside-left").style.width = percent(start);
  document.getElementById("outside-right").style.width = `${100 - 100 * Math.min(1, share(end))}%`;
  for (const [name, handle] of Object.entries(handles)) {
    const time = span()[name];
    handle.style.left = percent(time);
    handle.setAttribute("aria-valuemin", state.region[0].toFixed(2));
    handle.setAttribute("aria-valuemax", state.region[1].toFixed(2));
    handle.setAttribute("aria-valuenow", time.toFixed(2));
    handle.setAttribute("aria-valuetext", clock(time));
  }
  document.getElementById("times").textContent = `${clock(start)} to ${clock(end)}, ${(end - start).toFixed(1)} s`;
}

// Sentences pull harder than words: a clip should begin and end with one.
function snapped(time, name) {
  if (!snap.checked) return time;
  const words = [...around.words, ...(state.words ?? [])].map((word) => name === "start" ? word.start : word.end);
  const near = (times, reach) => times.filter((at) => Math.abs(at - time) <= reach).sort((a, b) => Math.abs(a - time) - Math.abs(b - time))[0];
  const reach = (state.region[1] - state.region[0]) / 100;
  return near(around.sentences, reach * 1.5) ?? near(words, reach) ?? time;
}

function bounded(name, time) {
  const {start, end} = span();
  const within = Math.min(Math.max(time, state.region[0]), state.region[1]);
  return name === "start" ? {start: Math.min(within, end - 0.5), end} : {start, end: Math.max(within, start + 0.5)};
}

export async function trim(name, time) {
  const {start, end} = bounded(name, snapped(time, name));
  trial = null;
  if (Math.abs(start - state.start) > 1e-3 || Math.abs(end - state.end) > 1e-3) await change("trim", {start, end});
  drawEnds();
}

function timeOf(event) {
  const frame = place.getBoundingClientRect();
  return state.region[0] + (event.clientX - frame.left) / frame.width * (state.region[1] - state.region[0]);
}

for (const [name, handle] of Object.entries(handles)) {
  let held = false;
  handle.addEventListener("pointerdown", (event) => {
    held = true;
    handle.setPointerCapture(event.pointerId);
    event.stopPropagation();
  });
  handle.addEventListener("pointermove", (event) => {
    if (!held) return;
    trial = bounded(name, snapped(timeOf(event), name));
    drawEnds();
    seek(trial[name]);
  });
  handle.addEventListener("pointerup", (event) => {
    held = false;
    trim(name, timeOf(event));
  });
  handle.addEventListener("keydown", (event) => {
    const way = {ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1}[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    trial = bounded(name, span()[name] + way * (event.shiftKey ? 1 : 0.1));
    drawEnds();
    seek(trial[name]);
    clearTimeout(nudging);
    nudging = setTimeout(() => {
      const {start, end} = trial;
      trial = null;
      change("trim", {start, end});
    }, 500);
  });
}

place.addEventListener("pointerdown", (event) => { if (!event.target.closest(".handle, a")) seek(timeOf(event)); });
document.getElementById("start-here").addEventListener("click", () => trim("start", now()));
document.getElementById("end-here").addEventListener("click", () => trim("end", now()));

export function start() {
  onTime((time) => { document.getElementById("head").style.left = percent(time); });
  onChange(async (clip) => {
    drawEnds();
    drawLane();
    const key = clip.region.join("-");
    if (key === region) return;
    region = key;
    wave = await load(`${address}/peaks`).catch(() => null);
    drawWave();
    around = await load(`${address}/around`).catch(() => around);
    drawLane();
  });
  addEventListener("resize", drawWave);
}
