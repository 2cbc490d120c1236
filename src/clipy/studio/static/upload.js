// Sending a clip: nothing goes out before a person has seen exactly what, and said yes.

import {optionForm} from "./forms.js";
import {element, load, send} from "./server.js";
import {address} from "./store.js";

const panel = document.getElementById("upload-panel");
const place = document.getElementById("upload");
let known = null;

async function preview(backend, options, result) {
  result.replaceChildren();
  const {digest, shown} = await send(`${address}/upload/preview`, {backend, options});
  const yes = element("button", {type: "button", class: "main"}, `Send this to ${backend}`);
  yes.addEventListener("click", async () => {
    yes.disabled = true;
    await send(`${address}/upload/confirm`, {backend, options, digest});
    result.replaceChildren(element("p", {role: "status"}, `Sending to ${backend}. The list of clips says where it is when it is done.`));
  });
  const no = element("button", {type: "button"}, "Do not send");
  no.addEventListener("click", () => result.replaceChildren());
  result.replaceChildren(
    element("p", {}, "Exactly this would be sent:"),
    element("pre", {class: "sent", tabindex: "0", "aria-label": "What would be sent"}, JSON.stringify(shown, null, 2)),
    element("div", {class: "row"}, yes, no),
  );
}

function form(one) {
  let options = {...one.options};
  const result = element("div", {class: "result"});
  const show = element("button", {type: "button"}, "Show what would be sent");
  show.addEventListener("click", () => preview(one.name, options, result));
  const fields = optionForm(`Options of ${one.name}`, one.fields, options, (set) => { options = set; result.replaceChildren(); });
  return element("div", {"data-uploader": one.name}, element("p", {class: "note"}, one.about), element("details", {}, element("summary", {}, "Options"), fields), show, result);
}

async function draw() {
  if (!panel.open || known) return;
  known = await load("/uploaders");
  const usable = known.filter((one) => one.usable);
  const select = element("select", {"aria-label": "Where to"}, element("option", {value: ""}, "Choose where to…"), ...usable.map((one) => element("option", {value: one.name}, one.name)));
  const below = element("div");
  select.addEventListener("change", () => {
    const one = usable.find((other) => other.name === select.value);
    below.replaceChildren(...(one ? [form(one)] : []));
  });
  place.replaceChildren(select, below);
}

export function start() {
  panel.addEventListener("toggle", draw);
}
