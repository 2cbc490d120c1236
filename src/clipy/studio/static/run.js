// A run that is going on: its stages, and what it has found so far.

import {element, load, send} from "./server.js";
import {begin} from "./shell.js";

const number = Number(document.body.dataset.job);
const {project} = document.body.dataset;
const by = (id) => document.getElementById(id);
const clock = (time) => `${Math.floor(time / 60)}:${String(Math.floor(time % 60)).padStart(2, "0")}`;
const place = (pick) => `${clock(pick.start)} to ${clock(pick.end)}`;

function showJob(job) {
  if (job.id !== number) return;
  document.body.dataset.phase = job.phase;
  const words = {waiting: "Waiting", running: job.message || "Working", done: "Done", failed: job.error, cancelled: "Cancelled; what is finished is kept."};
  by("phase").textContent = words[job.phase];
  const steps = [...by("steps").children];
  const at = steps.findIndex((step) => step.dataset.step === job.stage);
  steps.forEach((step, index) => {
    const bar = step.querySelector("progress");
    if (job.phase === "done" || (at >= 0 && index < at)) bar.value = 1;
    else if (index === at && job.fraction !== null) bar.value = Math.max(bar.value, job.fraction);
    if (index === at && job.phase === "running") step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
  });
  const over = ["done", "failed", "cancelled"].includes(job.phase);
  by("cancel").hidden = over;
  by("resume").hidden = !over || job.phase === "done";
  by("there").hidden = job.phase !== "done";
}

function cardOf(pick) {
  const id = `clip-${pick.start}`;
  let card = document.getElementById(id);
  if (!card) {
    card = element("li", {id}, element("img", {alt: ""}), element("strong", {}, pick.title || place(pick)), element("p", {class: "note"}, place(pick)));
    by("clips").append(card);
  }
  return card;
}

const show = {
  transcript: (said) => { by("said").textContent = said.words.map(([, text]) => text).join(" "); },
  picks: (picks) => by("picks").replaceChildren(...picks.map((pick) => element("li", {}, `${pick.title || "Pick"}, ${place(pick)}, ${pick.score.toFixed(2)}${pick.wanted ? "" : " (in reserve)"}`))),
  clip: (pick) => { if (pick.picture) cardOf(pick).querySelector("img").src = pick.picture; },
  reviewed: (pick) => {
    const card = cardOf(pick);
    card.querySelector(".verdict")?.remove();
    card.append(element("p", {class: pick.passed ? "verdict" : "verdict error"}, pick.passed ? "passed its review" : `rejected: ${pick.why.join("; ")}`));
  },
};

by("cancel").addEventListener("click", () => send(`/jobs/${number}/cancel`));
by("resume").addEventListener("click", async () => { location.href = (await send(`/unfinished/${project}/resume`)).page; });

// Whenever the stream of events begins (again), what was missed is made good.
async function catchUp() {
  const {job, parts} = await load(`/runs/${number}/state`);
  by("clips").replaceChildren();
  for (const [kind, all] of Object.entries(parts)) all.forEach((data) => show[kind]?.(data));
  showJob(job);
}

const events = begin({job: showJob, part: (part) => { if (part.job === number) show[part.kind]?.(part.data); }});
events.addEventListener("open", catchUp);
