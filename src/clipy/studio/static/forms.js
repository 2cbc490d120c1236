// Forms for the options of a backend, from the fields that its schema gives.

import {element} from "./server.js";

function options(choices, given, optional) {
  const made = element("select");
  if (optional) made.append(element("option", {value: ""}, "default"));
  for (const choice of choices) made.append(element("option", {value: choice, selected: choice === given}, choice));
  return made;
}

function input(field, value) {
  const given = value ?? field.default ?? null;
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

// A form; ``changed`` is called with all options that are set whenever a person has changed one.
export function optionForm(label, fields, given, changed) {
  const form = element("form", {class: "options", "aria-label": label});
  const set = {...given};
  for (const field of fields) {
    const at = input(field, given[field.name]);
    at.name = field.name;
    at.addEventListener("change", () => {
      const value = read(field, at);
      if (value === undefined) delete set[field.name];
      else set[field.name] = value;
      changed({...set});
    });
    form.append(element("label", {}, field.label, at, element("small", {}, field.description)));
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  return form;
}
