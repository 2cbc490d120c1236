// What every page has: the list of keys, and the work in progress.

import {element, listen, send} from "./server.js";

const ENDED = new Set(["done", "failed", "cancelled"]);

export function typing(event) {
  const at = event.target;
  return at instanceof HTMLElement && (at.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName));
}

export function showKeys() {
  const keys = document.getElementById("keys");
  if (!keys.open) keys.showModal();
}

function showJob(job) {
  const place = document.getElementById("jobs");
  let line = document.getElementById(`job-${job.id}`);
  if (line === null) {
    const stop = element("button", {type: "button"}, "Cancel");
    stop.addEventListener("click", () => send(`/jobs/${job.id}/cancel`));
    line = element("div", {class: "job", id: `job-${job.id}`}, element("span"), element("progress", {max: "1"}), stop);
    place.append(line);
  }
  const [text, bar, stop] = line.children;
  text.textContent = [job.kind, job.clip || job.video, job.phase === "running" ? job.stage : job.phase, job.error].filter(Boolean).join(" · ");
  bar.setAttribute("aria-label", text.textContent);
  if (job.fraction === null) bar.removeAttribute("value");
  else bar.value = job.fraction;
  if (ENDED.has(job.phase)) {
    stop.remove();
    bar.remove();
    setTimeout(() => line.remove(), job.phase === "failed" ? 20000 : 4000);
  }
}

export function begin(handlers = {}) {
  document.querySelectorAll("[data-keys]").forEach((button) => button.addEventListener("click", showKeys));
  addEventListener("keydown", (event) => {
    if (event.key === "?" && !typing(event)) showKeys();
  });
  return listen({...handlers, job: (job) => { showJob(job); handlers.job?.(job); }});
}
