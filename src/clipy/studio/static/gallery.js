// Caption styles, each shown on the picture of this moment.

import {address, change, onChange, state} from "./store.js";
import {now} from "./player.js";
import {element} from "./server.js";

const panel = document.getElementById("gallery-panel");
const place = document.getElementById("gallery");
const presets = place.dataset.presets.split(" ");
let shown = "";

const captions = () => state.pizzazz.find((entry) => entry.backend === "captions");

function choose(preset) {
  const others = state.pizzazz.filter((entry) => entry.backend !== "captions");
  const entries = captions()
    ? state.pizzazz.map((entry) => entry.backend === "captions" ? {...entry, preset} : entry)
    : [...others, {backend: "captions", preset}];
  return change("pizzazz", {entries});
}

function moment() {
  const time = now();
  const words = (state.words ?? []).filter((word) => !word.hidden && word.end > state.start);
  const word = words.findLast((one) => one.start <= time) ?? words[0];
  return word ? Math.min(word.end - 0.01, word.start + 0.15) : state.start;
}

function draw() {
  if (!panel.open || !state.ready) return;
  const at = moment().toFixed(3);
  const picked = captions()?.preset ?? "bold";
  const key = `${at}-${state.revision}`;
  if (shown !== key) {
    shown = key;
    place.replaceChildren(...presets.map((preset) => {
      const picture = element("img", {src: `${address}/style.jpg?preset=${preset}&time=${at}&r=${state.revision}`, alt: "", loading: "lazy"});
      const button = element("button", {type: "button", "data-preset": preset}, picture, preset);
      button.addEventListener("click", () => choose(preset));
      return button;
    }));
  }
  for (const button of place.children) button.setAttribute("aria-pressed", String(button.dataset.preset === picked));
}

export function start() {
  panel.addEventListener("toggle", draw);
  onChange(draw);
}
