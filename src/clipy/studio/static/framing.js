// The source picture with what is known of it: the crop window to drag, and the faces to follow.

import {address, change, onChange, state} from "./store.js";
import {now, onTime} from "./player.js";
import {shotAt, windowAt} from "./composition.js";
import {called, element, load} from "./server.js";

const marks = document.getElementById("marks");
const buttons = document.getElementById("people");
const layout = document.getElementById("layout");
const zoom = document.getElementById("zoom");
let people = [];
let dragged = null;  // {panel, box} while a window is moved
let nudging = 0;

function shape(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

const scope = () => document.querySelector("input[name=scope]:checked").value;

function boxOf(track, time) {
  const {times, boxes} = track;
  if (!times.length || time < times[0] - 0.3 || time > times.at(-1) + 0.3) return null;
  let best = 0;
  for (let i = 1; i < times.length; i += 1) if (Math.abs(times[i] - time) < Math.abs(times[best] - time)) best = i;
  return boxes[best];
}

function faces(time) {
  return people.flatMap((person) => person.tracks.flatMap((track) => {
    const box = boxOf(track, time);
    return box ? [{person, box}] : [];
  }));
}

function draw() {
  const time = now();
  const shot = shotAt(time);
  const {width, height} = state.source;
  if (!width || !shot) return;
  marks.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const focused = document.activeElement?.dataset?.panel;
  const parts = [];
  for (const {person, box: [x1, y1, x2, y2]} of faces(time)) {
    const face = shape("rect", {class: "face", x: x1, y: y1, width: x2 - x1, height: y2 - y1, "data-person": person.key});
    const name = shape("text", {class: "name", x: x1, y: Math.max(y1 - height * 0.015, height * 0.05), "font-size": height * 0.05, "stroke-width": height * 0.008});
    name.textContent = called(person.name);
    parts.push(face, name);
  }
  shot.panels.forEach((panel, index) => {
    const box = dragged?.panel === index ? dragged.box : windowAt(panel, time);
    parts.unshift(shape("rect", {
      class: "window", x: box.x1, y: box.y1, width: box.x2 - box.x1, height: box.y2 - box.y1, tabindex: 0, role: "button",
      "data-panel": index, "aria-label": `Crop window ${index + 1} of ${shot.panels.length}. Drag it, or move it with the arrow keys.`,
    }));
  });
  marks.replaceChildren(...parts);
  if (focused !== undefined) marks.querySelector(`[data-panel="${focused}"]`)?.focus();
  if (document.activeElement !== layout) layout.value = shot.layout;
  if (document.activeElement !== zoom) zoom.value = Math.round(100 * heightOf(shot, time) / largest(shot));
}

const heightOf = (shot, time) => { const box = windowAt(shot.panels[0], time); return box.y2 - box.y1; };

function largest(shot) {
  const [x1, y1, x2, y2] = shot.panels[0].into;
  return Math.min(state.source.height, state.source.width * (y2 - y1) / (x2 - x1));
}

function place(panel, box) {
  return change("window", {
    time: now(), scope: scope(), panel, x: (box.x1 + box.x2) / 2, y: (box.y1 + box.y2) / 2, height: box.y2 - box.y1,
  });
}

function moved(box, dx, dy) {
  const {width, height} = state.source;
  const x = Math.min(Math.max(dx, -box.x1), width - box.x2);
  const y = Math.min(Math.max(dy, -box.y1), height - box.y2);
  return {x1: box.x1 + x, x2: box.x2 + x, y1: box.y1 + y, y2: box.y2 + y};
}

function toSource(event) {
  const frame = marks.getBoundingClientRect();
  return [(event.clientX - frame.left) / frame.width * state.source.width, (event.clientY - frame.top) / frame.height * state.source.height];
}

marks.addEventListener("pointerdown", (event) => {
  const index = event.target.dataset?.panel;
  if (index === undefined) return;
  const panel = Number(index);
  const from = toSource(event);
  const box = windowAt(shotAt(now()).panels[panel], now());
  dragged = {panel, box, from, start: box};
  marks.setPointerCapture(event.pointerId);
  event.preventDefault();
});

marks.addEventListener("pointermove", (event) => {
  if (!dragged) return;
  const [x, y] = toSource(event);
  dragged.box = moved(dragged.start, x - dragged.from[0], y - dragged.from[1]);
  draw();
});

marks.addEventListener("pointerup", async (event) => {
  if (!dragged) return;
  const {panel, box, start, from} = dragged;
  const [x, y] = toSource(event);
  if (Math.hypot(x - from[0], y - from[1]) > 3) await place(panel, box);
  else if (start) follow(faces(now()).find(({box: [x1, y1, x2, y2]}) => x >= x1 && x < x2 && y >= y1 && y < y2)?.person);
  dragged = null;
  draw();
});

marks.addEventListener("click", (event) => {
  const key = event.target.dataset?.person;
  if (key) follow(people.find((person) => person.key === key));
});

marks.addEventListener("keydown", (event) => {
  const index = event.target.dataset?.panel;
  const way = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
  if (index === undefined || !way) return;
  event.preventDefault();
  event.stopPropagation();
  const panel = Number(index);
  const step = state.source.width * (event.shiftKey ? 0.05 : 0.01);
  const box = moved(dragged?.box ?? windowAt(shotAt(now()).panels[panel], now()), way[0] * step, way[1] * step);
  dragged = {panel, box};
  draw();
  clearTimeout(nudging);
  nudging = setTimeout(async () => { await place(panel, dragged.box); dragged = null; draw(); }, 400);
});

function follow(person) {
  return person && change("follow", {time: now(), scope: scope(), person: person.key});
}

function showPeople() {
  buttons.replaceChildren(...people.map((person) => {
    const button = element("button", {type: "button"}, `Follow ${called(person.name)}`);
    button.addEventListener("click", () => follow(person));
    return button;
  }));
  if (!people.length) buttons.append(element("span", {class: "note"}, "No faces were found here."));
  draw();
}

async function lookForPeople() {
  try {
    people = await load(`${address}/people`);
    showPeople();
  } catch (error) {
    buttons.replaceChildren(element("span", {class: "note"}, error.message || "Faces cannot be shown."));
  }
}

layout.addEventListener("change", () => change("layout", {time: now(), scope: scope(), layout: layout.value}));

zoom.addEventListener("change", () => {
  const shot = shotAt(now());
  const box = windowAt(shot.panels[0], now());
  const height = largest(shot) * Number(zoom.value) / 100;
  change("window", {time: now(), scope: scope(), panel: 0, x: (box.x1 + box.x2) / 2, y: (box.y1 + box.y2) / 2, height});
});

export function start() {
  let span = "";
  onTime(() => { if (!dragged) draw(); });
  onChange((clip) => {
    if (clip.source.width) marks.parentElement.style.aspectRatio = `${clip.source.width} / ${clip.source.height}`;
    draw();
    const key = `${clip.start}-${clip.end}-${clip.ready}`;
    if (clip.ready && key !== span) lookForPeople();
    span = key;
  });
}
