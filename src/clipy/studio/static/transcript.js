// The map: a passage is selected with the mouse, or sentence by sentence, and becomes a clip.

import {send} from "./server.js";
import {begin, typing} from "./shell.js";

const {base} = document.body.dataset;
const map = document.getElementById("map");
const bar = document.getElementById("selected");
let chosen = null;  // {start, end, title}

const clock = (time) => `${Math.floor(time / 60)}:${String(Math.floor(time % 60)).padStart(2, "0")}`;

function show(passage) {
  chosen = passage;
  bar.hidden = !passage;
  for (const line of map.querySelectorAll(".line.chosen")) line.classList.remove("chosen");
  if (!passage) return;
  document.getElementById("passage").textContent = `${clock(passage.start)} to ${clock(passage.end)}, ${(passage.end - passage.start).toFixed(1)} s`;
}

function markLines() {
  for (const line of map.querySelectorAll(".line")) {
    const [start, end] = [Number(line.dataset.start), Number(line.dataset.end)];
    line.classList.toggle("chosen", chosen !== null && start >= chosen.start - 0.01 && end <= chosen.end + 0.01);
  }
}

const wordAt = (node) => (node instanceof Element ? node : node?.parentElement)?.closest("[data-s]");

document.addEventListener("selectionchange", () => {
  const selection = getSelection();
  if (selection.isCollapsed || !selection.rangeCount || !map.contains(selection.anchorNode)) return;
  const range = selection.getRangeAt(0);
  const inside = [...map.querySelectorAll("[data-s]")].filter((word) => range.intersectsNode(word));
  const first = wordAt(range.startContainer) ?? inside[0];
  const last = wordAt(range.endContainer) ?? inside.at(-1);
  if (!first || !last) return;
  show({start: Number(first.dataset.s), end: Number(last.dataset.e), title: range.toString().trim().slice(0, 80)});
});

map.addEventListener("click", (event) => {
  const line = event.target.closest(".from")?.closest(".line");
  if (!line) return;
  const [start, end] = [Number(line.dataset.start), Number(line.dataset.end)];
  const text = line.querySelector(".sentence").textContent.trim();
  const more = chosen && (start > chosen.end - 0.01 || end < chosen.start + 0.01);
  getSelection().removeAllRanges();
  show(more ? {start: Math.min(start, chosen.start), end: Math.max(end, chosen.end), title: chosen.title} : {start, end, title: text.slice(0, 80)});
  markLines();
});

document.getElementById("found").addEventListener("click", (event) => {
  const hit = event.target.closest("[data-start]");
  if (!hit) return;
  event.preventDefault();
  const line = [...map.querySelectorAll(".line")].find((one) => Math.abs(Number(one.dataset.start) - Number(hit.dataset.start)) < 0.01);
  line?.scrollIntoView({block: "center"});
  line?.querySelector(".from").focus();
  line?.querySelector(".from").click();
});

document.getElementById("clear").addEventListener("click", () => { getSelection().removeAllRanges(); show(null); });
document.getElementById("make").addEventListener("click", async () => {
  const made = await send(`${base}/passages`, chosen);
  location.href = `${base}/clips/${made.id}`;
});

addEventListener("keydown", (event) => {
  if (event.key === "/" && !typing(event)) {
    event.preventDefault();
    document.getElementById("find").focus();
  }
});

begin();
