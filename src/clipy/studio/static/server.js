// Talking to the server: changes carry the revision that they were made for, failures are shown.

const notice = () => document.getElementById("notice");
let hiding = 0;

export function say(text) {
  const place = notice();
  place.textContent = text;
  place.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { place.hidden = true; }, 8000);
}

export class Failure extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export async function send(address, body = {}, {revision = null, method = "POST"} = {}) {
  const headers = {"Content-Type": "application/json"};
  if (revision !== null) headers["If-Match"] = `"${revision}"`;
  let answer;
  try {
    answer = await fetch(address, {method, headers, body: JSON.stringify(body)});
  } catch {
    say("The studio does not answer. Is it still running?");
    throw new Failure(0, "no answer");
  }
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    say(data.error || `The studio refused this (${answer.status}).`);
    throw new Failure(answer.status, data.error);
  }
  return data;
}

export async function load(address) {
  const answer = await fetch(address, {headers: {Accept: "application/json"}});
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Failure(answer.status, data.error || "");
  return data;
}

// Events from the server, for as long as the page is open; the browser reconnects by itself.
export function listen(handlers) {
  const source = new EventSource("/events");
  for (const [kind, handle] of Object.entries(handlers)) {
    source.addEventListener(kind, (event) => handle(JSON.parse(event.data)));
  }
  addEventListener("pagehide", () => source.close());
  return source;
}

// Diarization numbers people who are not named.
export const called = (name) => /^\d+$/.test(name) ? `Speaker ${name}` : name;

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in made && typeof value !== "string") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}
