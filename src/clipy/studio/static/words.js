// The transcript in step with the picture: each word leads to its moment, and can be corrected, hidden, or put on a new line.

import {change, onChange, state} from "./store.js";
import {onTime, seek} from "./player.js";
import {called, element} from "./server.js";

const place = document.getElementById("transcript");
const form = document.getElementById("word");
const text = document.getElementById("word-text");
const hide = document.getElementById("word-hide");
const breaks = document.getElementById("word-break");
let chosen = -1;
let current = -1;

function wordButton(word, index) {
  const made = element("button", {type: "button", "data-index": String(index)}, word.text);
  made.classList.toggle("hidden-word", word.hidden);
  made.classList.toggle("broken", word.breaks);
  made.classList.toggle("chosen", index === chosen);
  if (word.hidden) made.setAttribute("aria-label", `${word.text} (hidden)`);
  return made;
}

function draw() {
  const focused = document.activeElement?.dataset?.index;
  const parts = [];
  let speaker = null;
  (state.words ?? []).forEach((word, index) => {
    if (word.speaker && word.speaker !== speaker) parts.push(element("span", {class: "who"}, called(word.speaker)));
    speaker = word.speaker;
    parts.push(wordButton(word, index), " ");
  });
  place.replaceChildren(...parts);
  if (!state.words?.length) place.append(element("p", {class: "note"}, state.ready ? "Nobody speaks in this clip." : "The words come with the first render."));
  if (focused !== undefined) place.querySelector(`[data-index="${focused}"]`)?.focus();
  current = -1;
  fill();
}

function fill() {
  const word = state.words?.[chosen];
  form.hidden = !word;
  if (!word) return;
  if (document.activeElement !== text) text.value = word.text;
  hide.setAttribute("aria-pressed", String(word.hidden));
  hide.textContent = word.hidden ? "Show" : "Hide";
  breaks.setAttribute("aria-pressed", String(word.breaks));
}

function choose(index) {
  place.querySelector(".chosen")?.classList.remove("chosen");
  chosen = index;
  place.querySelector(`[data-index="${index}"]`)?.classList.add("chosen");
  text.value = state.words[index].text;
  fill();
}

place.addEventListener("click", (event) => {
  const index = event.target.dataset?.index;
  if (index === undefined) return;
  choose(Number(index));
  seek(state.words[chosen].start + 0.02);
});

place.addEventListener("dblclick", (event) => {
  if (event.target.dataset?.index !== undefined) { text.focus(); text.select(); }
});

place.addEventListener("keydown", (event) => {
  const index = Number(event.target.dataset?.index);
  if (Number.isNaN(index)) return;
  const next = {ArrowRight: index + 1, ArrowLeft: index - 1}[event.key];
  if (next !== undefined) {
    event.preventDefault();
    event.stopPropagation();
    place.querySelector(`[data-index="${next}"]`)?.focus();
  } else if (event.key === "F2" || event.key === "Enter") {
    event.preventDefault();
    choose(index);
    text.focus();
    text.select();
  }
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const written = text.value.trim();
  if (written && written !== state.words[chosen].text) await change("word", {index: chosen, text: written});
  place.querySelector(`[data-index="${chosen}"]`)?.focus();
});
hide.addEventListener("click", () => change("word", {index: chosen, hidden: !state.words[chosen].hidden}));
breaks.addEventListener("click", () => change("word", {index: chosen, breaks: !state.words[chosen].breaks}));

export function start() {
  onChange(draw);
  onTime((time) => {
    const index = (state.words ?? []).findLastIndex((word) => word.start <= time);
    if (index === current) return;
    place.querySelector(".now")?.classList.remove("now");
    current = index;
    const word = place.querySelector(`[data-index="${index}"]`);
    word?.classList.add("now");
    if (word && !place.contains(document.activeElement)) {
      const [top, bottom] = [word.offsetTop - place.offsetTop, place.scrollTop + place.clientHeight];
      if (top < place.scrollTop || top > bottom - 40) place.scrollTop = top - 60;
    }
  });
}
