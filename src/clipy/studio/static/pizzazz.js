// What is added to the clip: on, off, in which order, and each with a form that is made from its backend's schema.

import {optionForm} from "./forms.js";
import {change, onChange, state} from "./store.js";
import {element, load} from "./server.js";

const panel = document.getElementById("pizzazz-panel");
const place = document.getElementById("pizzazz");
const open = new Set();
let known = null;

const save = (entries) => change("pizzazz", {entries});

function moveButton(index, by, label) {
  const button = element("button", {type: "button", "aria-label": label, disabled: !state.pizzazz[index + by]}, by < 0 ? "↑" : "↓");
  button.addEventListener("click", () => {
    const entries = [...state.pizzazz];
    [entries[index], entries[index + by]] = [entries[index + by], entries[index]];
    save(entries);
  });
  return button;
}

function effect(entry, index) {
  const {backend: name, ...given} = entry;
  const backend = known.find((one) => one.name === name) ?? {fields: [], about: "not installed"};
  const off = element("button", {type: "button", "aria-label": `Remove ${name}`}, "Remove");
  off.addEventListener("click", () => save(state.pizzazz.filter((_, n) => n !== index)));
  const form = optionForm(`Options of ${name}`, backend.fields, given, (set) => {
    save(state.pizzazz.map((old, n) => n === index ? {backend: name, ...set} : old));
  });
  const details = element("details", {open: open.has(name)}, element("summary", {}, "Options"), form);
  details.addEventListener("toggle", () => details.open ? open.add(name) : open.delete(name));
  const line = element("div", {class: "row"}, element("strong", {}, name), moveButton(index, -1, `Move ${name} up`), moveButton(index, 1, `Move ${name} down`), off);
  return element("li", {class: "effect", "data-backend": name}, line, element("small", {class: "note"}, backend.about), details);
}

function adder() {
  const free = known.filter((one) => one.usable && !state.pizzazz.some((entry) => entry.backend === one.name));
  const select = element("select", {"aria-label": "What to add"}, ...free.map((one) => element("option", {value: one.name}, one.name)));
  const button = element("button", {type: "button"}, "Add");
  button.addEventListener("click", () => select.value && save([...state.pizzazz, {backend: select.value}]));
  return element("div", {class: "row"}, select, button);
}

async function draw() {
  if (!panel.open) return;
  known ??= await load("/pizzazz");
  const focused = document.activeElement?.closest("[data-backend]")?.dataset.backend;
  const named = document.activeElement?.name;
  place.replaceChildren(element("ol", {}, ...state.pizzazz.map(effect)), adder());
  if (focused && named) place.querySelector(`[data-backend="${focused}"] [name="${named}"]`)?.focus();
}

export function start() {
  panel.addEventListener("toggle", draw);
  onChange(draw);
}
