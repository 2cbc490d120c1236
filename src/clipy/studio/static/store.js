// The clip as it is on disk. Every change is sent with the revision that it was made for; what comes back is shown.

import {Failure, load, say, send} from "./server.js";

const {base, clip} = document.body.dataset;

export const address = `${base}/clips/${clip}`;
export let state = JSON.parse(document.getElementById("state").textContent);

const listeners = new Set();
let queue = Promise.resolve();

export function onChange(listener) {
  listeners.add(listener);
  listener(state);
}

function show(now) {
  state = now;
  for (const listener of listeners) listener(state);
}

export async function reload() {
  show(await load(`${address}/state`));
}

// Changes go one after the other, so that each is made for the revision that the one before it led to.
function sent(path, body) {
  const work = async () => {
    document.body.setAttribute("aria-busy", "true");
    try {
      show(await send(`${address}/${path}`, body, {revision: state.revision}));
      return true;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.status !== 0) await reload();
      return false;
    } finally {
      document.body.removeAttribute("aria-busy");
    }
  };
  queue = queue.then(work, work);
  return queue;
}

export const change = (op, values) => sent("edit", {op, ...values});
export const undo = () => state.undo ? sent("undo") : say("There is nothing to undo.");
export const redo = () => state.redo ? sent("redo") : say("There is nothing to redo.");

export async function render() {
  await queue;
  return send(`${address}/render`);
}

// Something happened to a clip elsewhere: in another tab, or because it was rendered.
export async function heard(news) {
  await queue;
  if (news.clip !== clip || news.project !== base.split("/")[2]) return;
  await reload().catch(() => say("What changed elsewhere cannot be loaded now."));
}
