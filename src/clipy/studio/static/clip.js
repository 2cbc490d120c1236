// The page of a clip: everything is started here, and the keys lead to it.

import * as composition from "./composition.js";
import * as framing from "./framing.js";
import * as gallery from "./gallery.js";
import * as pizzazz from "./pizzazz.js";
import * as player from "./player.js";
import {element} from "./server.js";
import {begin, typing} from "./shell.js";
import {address, change, heard, onChange, redo, render, state, undo} from "./store.js";
import * as timeline from "./timeline.js";
import * as upload from "./upload.js";
import * as words from "./words.js";

const {base, before, after, clip} = document.body.dataset;
const by = (id) => document.getElementById(id);

function decide(verdict) {
  return change("verdict", {verdict: state.verdict === verdict ? "" : verdict});
}

function showFinished(wanted) {
  by("finished").hidden = !wanted;
  by("preview").hidden = wanted;
  by("overlay").classList.toggle("away", wanted);
  by("show-finished").setAttribute("aria-pressed", String(wanted));
  by("show-preview").setAttribute("aria-pressed", String(!wanted));
  if (wanted && player.isPlaying()) player.toggle();
  if (!wanted) by("finished").pause();
}

const go = (name) => { if (name) location.href = `${base}/clips/${name}`; };

const keys = {
  " ": player.toggle, k: player.toggle, j: () => player.step(-5), l: () => player.step(5),
  ArrowLeft: () => player.step(-0.04), ArrowRight: () => player.step(0.04),
  i: () => timeline.trim("start", player.now()), o: () => timeline.trim("end", player.now()),
  a: () => decide("approved"), r: () => decide("rejected"), e: render, n: () => go(after), p: () => go(before),
};

addEventListener("keydown", (event) => {
  if (typing(event) || document.querySelector("dialog[open]")) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
    event.preventDefault();
    (event.shiftKey ? redo : undo)();
  } else if (!event.ctrlKey && !event.metaKey && !event.altKey) {
    const act = keys[event.key] ?? keys[event.key.toLowerCase()];
    const pressing = event.key === " " && event.target instanceof HTMLButtonElement;
    if (act && !pressing) {
      event.preventDefault();
      act();
    }
  }
});

for (const [id, act] of Object.entries({
  undo, redo, render, approve: () => decide("approved"), reject: () => decide("rejected"), play: player.toggle,
  back: () => player.step(-5), forward: () => player.step(5),
  "show-preview": () => showFinished(false), "show-finished": () => showFinished(true),
})) by(id).addEventListener("click", act);

by("title").addEventListener("change", () => change("title", {title: by("title").value}));

function showFindings(findings) {
  by("findings-count").textContent = findings.length;
  by("findings").replaceChildren(...findings.map((finding) => {
    const line = element("li", {class: finding.severity}, `${finding.severity}: ${finding.message} `);
    if (finding.start !== null && finding.start !== undefined) {
      const there = element("button", {type: "button"}, timeline.clock(finding.start));
      there.addEventListener("click", () => player.seek(state.start + finding.start));
      line.append(there);
    }
    return line;
  }));
}

player.start();
composition.start();
framing.start();
timeline.start();
words.start();
gallery.start();
pizzazz.start();
upload.start();
player.onTime((time) => { by("clock").textContent = `${timeline.clock(time - state.start)} / ${timeline.clock(state.end - state.start)}`; });

onChange((now) => {
  by("undo").disabled = !now.undo;
  by("redo").disabled = !now.redo;
  by("approve").setAttribute("aria-pressed", String(now.verdict === "approved"));
  by("reject").setAttribute("aria-pressed", String(now.verdict === "rejected"));
  by("standing").textContent = now.stale && now.verdict ? `${now.state_text}, not rendered` : now.state_text;
  by("show-finished").disabled = now.file === null;
  by("render").classList.toggle("main", now.stale);
  if (document.activeElement !== by("title")) by("title").value = now.title;
  document.body.dataset.revision = now.revision;
  document.body.dataset.stale = now.stale;
  const film = now.file === null ? "" : `${address}/video?v=${now.file}`;
  if (by("finished").getAttribute("src") !== film) {
    if (film) by("finished").src = film;
    else by("finished").removeAttribute("src");
  }
  showFindings(now.findings);
});

begin({clip: heard, job: (job) => { if (job.clip === clip && job.phase === "failed") document.body.dataset.failed = job.error; }});
document.body.dataset.started = "yes";
