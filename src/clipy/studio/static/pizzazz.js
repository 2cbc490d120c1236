// What is added to the clip: on, off, in which order, and each with a form that is made from its backend's schema.

import {change, onChange, state} from "./store.js";
import {element, load} from "./server.js";

const panel = document.getElementById("pizzazz-panel");
const place = document.getElementById("pizzazz");
const open = new Set();
let known = null;

const save = (entries) => change("pizzazz", {entries});

function input(field, value) {
  const given = value ?? field.default;
  if (field.kind === "flag") {
    if (!field.optional) return element("input", {type: "checkbox", checked: Boolean(given)});
    return options(["true", "false"], given === null ? "" : String(given), true);
  }
  if (field.kind === "choice") return options(field.choices.map(String), given === null ? "" : String(given), field.optional);
  if (field.kind === "number" || field.kind === "integer") {
    const made = element("input", {type: "number", step: field.kind === "integer" ? "1" : "any", value: String(given ?? "")});
    if (field.min !== null) made.min = field.min;
    if (field.max !== null) made.max = field.max;
    return made;
  }
  if (field.kind === "lines" || field.kind === "choices") return element("textarea", {rows: "2"}, (given ?? []).join("\n"));
  if (field.kind === "json") return element("input", {type: "text", value: given === null ? "" : JSON.stringify(given)});
  return element("input", {type: "text", value: String(given ?? ""), placeholder: field.kind === "color" ? "#rrggbb" : ""});
}

function options(choices, given, optional) {
  const made = element("select");
  if (optional) made.append(element("option", {value: ""}, "default"));
  for (const choice of choices) made.append(element("option", {value: choice, selected: choice === given}, choice));
  return made;
}

// The value of a field; undefined where it is empty, so that the backend's default holds.
function read(field, at) {
  if (at.type === "checkbox") return at.checked;
  const written = at.value.trim();
  if (field.kind === "lines" || field.kind === "choices") return written ? written.split("\n").map((line) => line.trim()).filter(Boolean) : [];
  if (written === "") return undefined;
  if (field.kind === "number" || field.kind === "integer") return Number(written);
  if (field.kind === "flag") return written === "true";
  if (field.kind === "json") { try { return JSON.parse(written); } catch { return written; } }
  return written;
}

function optionForm(entry, index, backend) {
  const form = element("form", {class: "options", "aria-label": `Options of ${entry.backend}`});
  for (const field of backend.fields) {
    const at = input(field, entry[field.name]);
    at.name = field.name;
    at.addEventListener("change", () => {
      const changed = {...entry};
      const value = read(field, at);
      if (value === undefined) delete changed[field.name];
      else changed[field.name] = value;
      save(state.pizzazz.map((old, n) => n === index ? changed : old));
    });
    form.append(element("label", {}, field.label, at, element("small", {}, field.description)));
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  return form;
}

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
  const backend = known.find((one) => one.name === entry.backend) ?? {fields: [], about: "not installed"};
  const off = element("button", {type: "button", "aria-label": `Remove ${entry.backend}`}, "Remove");
  off.addEventListener("click", () => save(state.pizzazz.filter((_, n) => n !== index)));
  const details = element("details", {open: open.has(entry.backend)}, element("summary", {}, "Options"), optionForm(entry, index, backend));
  details.addEventListener("toggle", () => details.open ? open.add(entry.backend) : open.delete(entry.backend));
  const line = element("div", {class: "row"}, element("strong", {}, entry.backend), moveButton(index, -1, `Move ${entry.backend} up`), moveButton(index, 1, `Move ${entry.backend} down`), off);
  return element("li", {class: "effect", "data-backend": entry.backend}, line, element("small", {class: "note"}, backend.about), details);
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
