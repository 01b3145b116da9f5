// The page: hears what changed, fetches that part anew, and passes on what is clicked and written.
"use strict";

const WORDS = { ar: { copied: "تم النسخ" }, en: { copied: "Copied" } };
const SEARCH_DELAY = 200, TOAST_MS = 3500, PUSH_MS = 5000, NOTE_MS = 6000, LINK_MAX = 8000;

const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const device = (number) => find(`[data-phone="${number}"]`);
const numberOf = (element) => element.closest("[data-phone]").dataset.phone;
const words = (element) => WORDS[element.closest("[data-phone]").dataset.language] ?? WORDS.en;
const mirrored = () => find("#mirror").checked;

let clockAhead = Number(document.body.dataset.now) - Date.now();
let chosenBeat = "";
const folded = new Map();

async function post(path, body, kind = "application/json") {
  const response = await fetch(path, { method: "POST", headers: { "content-type": kind }, body: kind === "application/json" ? JSON.stringify(body ?? {}) : body });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json");
  const answer = isJson ? JSON.parse(text) : text;
  if (!response.ok) {
    note(answer.error ?? answer);
    return null;
  }
  return answer;
}

// One fetch of each part at a time; a change that comes meanwhile is fetched afterwards.
const parts = new Map();
async function refresh(path, show) {
  const part = parts.get(path) ?? { busy: false, again: false, shown: null };
  parts.set(path, part);
  if (part.busy) { part.again = true; return; }
  part.busy = true;
  try {
    do {
      part.again = false;
      const response = await fetch(typeof show.path === "function" ? show.path() : path);
      const text = await response.text();
      if (response.ok && text !== part.shown) { part.shown = text; show(text); }
    } while (part.again);
  } finally { part.busy = false; }
}

function refreshPhone(number) {
  const chat = find("[data-chat]", device(number));
  refresh(`/phone/${number}`, (text) => {
    const atEnd = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 80 || chat.childElementCount === 0;
    const kept = all(".expanded, .revealed", chat).map((one) => [one.closest("[data-message]").dataset.message, one.matches(".expanded") ? ["[data-expand]", "expanded"] : ["[data-spoiler]", "revealed"]]);
    chat.innerHTML = text;
    for (const [message, [which, name]] of kept) find(`[data-message="${message}"] ${which}`, chat)?.classList.add(name);
    all("[data-expand]", chat).forEach((quote) => quote.classList.toggle("short", quote.scrollHeight <= quote.clientHeight + 2));
    tick();
    if (atEnd) chat.scrollTop = chat.scrollHeight;
  });
  refresh(`/phone/${number}/owner`, (text) => { find("[data-owner]", device(number)).innerHTML = text; });
}

function showBeats(text) {
  const beats = find("#beats");
  beats.innerHTML = text;
  all("[data-part]", beats).forEach((part) => {
    if (folded.has(part.dataset.part)) part.open = folded.get(part.dataset.part);
    part.addEventListener("toggle", () => folded.set(part.dataset.part, part.open));
  });
  for (const first of all("pre", beats).flatMap((text) => find(".changed", text) ?? [])) {
    first.parentElement.scrollTop = first.offsetTop - first.parentElement.offsetTop - 40;
  }
  for (const picture of all(".picture", beats)) center(find(".node.lit", picture), picture);
  tick();
}

function center(element, within) {
  if (!element) return;
  const own = element.getBoundingClientRect(), frame = within.getBoundingClientRect();
  within.scrollLeft += own.left - frame.left - (frame.width - own.width) / 2;
  within.scrollTop += own.top - frame.top - (frame.height - own.height) / 2;
}
showBeats.path = () => `/inspector${chosenBeat && `?beat=${chosenBeat}`}`;

const refreshBeats = () => refresh("/inspector", showBeats);
const refreshControls = () => refresh("/controls", (text) => {
  const typed = all("#controls input").map((input) => input.value);
  find("#controls").innerHTML = text;
  all("#controls input").forEach((input, index) => { if (typed[index]) input.value = typed[index]; });
});
const refreshBot = () => refresh("/bot", (text) => { find("#bot").innerHTML = text; });

function refreshAll() {
  [1, 2].forEach(refreshPhone);
  refreshBeats(); refreshControls(); refreshBot();
}

const HEARD = {
  all: ({ now_ms }) => { setClock(now_ms); refreshAll(); },
  phone: ({ phone }) => refreshPhone(phone + 1),
  toast: ({ phone, text, alert }) => (alert ? showAlert(phone + 1, text) : showToast(phone + 1, text)),
  push: ({ phone, line }) => {
    const push = find("[data-push]", device(phone + 1));
    find(".line", push).textContent = line;
    showFor(push, PUSH_MS);
  },
  search: ({ phone, query }) => {
    const input = find("[data-compose] input", device(phone + 1));
    input.value = `@${document.body.dataset.bot} ${query}`;
    search(phone + 1, query, "", false);
  },
  clock: ({ now_ms }) => setClock(now_ms),
  bot: refreshBot,
  beats: refreshBeats,
  controls: refreshControls,
  note: ({ text }) => note(text),
};
new EventSource("/events").onmessage = (message) => {
  const event = JSON.parse(message.data);
  HEARD[event.kind](event);
};

function setClock(nowMs) { clockAhead = nowMs - Date.now(); tick(); }

const timers = new WeakMap();
function showFor(element, ms) {
  element.hidden = false;
  clearTimeout(timers.get(element));
  timers.set(element, setTimeout(() => { element.hidden = true; }, ms));
}

function showToast(number, text) {
  const toast = find("[data-toast]", device(number));
  toast.textContent = text;
  showFor(toast, TOAST_MS);
}

function showAlert(number, text) {
  const alert = find("[data-alert]", device(number));
  find("p", alert).textContent = text;
  if (!alert.open) alert.show();
}

function note(text) {
  const line = document.createElement("div");
  line.className = "note";
  line.textContent = text;
  find("#notes").append(line);
  setTimeout(() => line.remove(), NOTE_MS);
}

async function copy(element, text) {
  try { await navigator.clipboard.writeText(text); } catch { note("the browser does not let this page copy"); return; }
  if (element.closest("[data-phone]")) showToast(numberOf(element), words(element).copied);
}

// Moments are told in each phone's language, on the simulated clock.
const STYLES = { d: { dateStyle: "short" }, D: { dateStyle: "long" }, t: { timeStyle: "short" }, T: { timeStyle: "medium" }, w: { weekday: "long" } };
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function moment(unix, format, language) {
  const locale = `${language}-u-nu-latn`;
  if (format === "r") {
    const seconds = Math.round(unix - (Date.now() + clockAhead) / 1000);
    const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? UNITS.at(-1);
    return new Intl.RelativeTimeFormat(locale, { numeric: "always" }).format(Math.trunc(seconds / size), unit);
  }
  const date = new Date(unix * 1000);
  const told = [...(format || "dt")].map((letter) => new Intl.DateTimeFormat(locale, { ...STYLES[letter], timeZone: "UTC" }).format(date));
  return told.join(language === "ar" ? "، " : ", ");
}

function tick() {
  find("#clock").textContent = moment((Date.now() + clockAhead) / 1000, "dT", "en-GB");
  for (const time of all("time[data-unix]")) {
    const language = time.closest("[data-language]")?.dataset.language ?? "en-GB";
    const text = moment(Number(time.dataset.unix), time.dataset.format, language);
    if (time.textContent !== text) time.textContent = text;
  }
}
setInterval(tick, 1000);

// The inline panel: what stands after the bot's name in the message box.
function typedQuery(input) {
  const prefix = `@${document.body.dataset.bot} `;
  return input.value.toLowerCase().startsWith(prefix) ? input.value.slice(prefix.length) : null;
}

async function search(number, query, offset, mirror) {
  const results = find("[data-results]", device(number));
  if (!offset) { results.hidden = false; results.classList.add("loading"); }
  const text = await post(`/phone/${number}/search`, { query, offset, mirror });
  results.classList.remove("loading");
  if (text === null || typedQuery(find("[data-compose] input", device(number))) !== query) return;
  if (offset) { find("[data-next]", results)?.remove(); results.insertAdjacentHTML("beforeend", text); }
  else { results.innerHTML = text; results.scrollTop = 0; }
}

function closeResults(number) {
  clearTimeout(typing.get(String(number)));
  const results = find("[data-results]", device(number));
  results.hidden = true;
  results.innerHTML = "";
  find("[data-compose] input", device(number)).value = "";
}

all("[data-results]").forEach((results) => results.addEventListener("scroll", () => {
  const next = find("[data-next]", results);
  if (!next || next.dataset.asked || results.scrollHeight - results.scrollTop - results.clientHeight > 120) return;
  next.dataset.asked = "yes";
  search(numberOf(results), typedQuery(find("[data-compose] input", device(numberOf(results)))) ?? "", next.dataset.next, false);
}));

const typing = new Map();
document.addEventListener("input", (event) => {
  const form = event.target.closest("[data-compose]");
  if (!form) return;
  const number = numberOf(form), query = typedQuery(event.target);
  clearTimeout(typing.get(number));
  if (query === null) find("[data-results]", device(number)).hidden = true;
  else typing.set(number, setTimeout(() => search(number, query, "", mirrored()), SEARCH_DELAY));
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-compose]")) {
    event.preventDefault();
    const input = find("input", form);
    if (typedQuery(input) !== null || !input.value.trim()) return;
    post(`/phone/${numberOf(form)}/send`, { text: input.value, mirror: mirrored() });
    input.value = "";
  } else if (form.matches("[data-sms]")) {
    event.preventDefault();
    const { text, delay } = form.elements;
    post("/sms", { text: text.value, delay: Number(delay.value) || 0, when: event.submitter?.value ?? "next" });
    text.value = "";
  }
});

async function tap(key) {
  const { tap: message, row, column } = key.dataset;
  const number = numberOf(key);
  const answer = await post(`/phone/${number}/tap`, { message: Number(message), row: Number(row), column: Number(column), mirror: mirrored() });
  if (answer?.copied) copy(key.isConnected ? key : find("[data-chat]", device(number)), answer.copied);
  if (answer?.opened) window.open(answer.opened, "_blank", "noopener");
}

const CLICKS = {
  "[data-tap]": tap,
  "[data-copy]": (code) => copy(code, code.dataset.copy),
  "[data-send]": (line) => { post(`/phone/${numberOf(line)}/send`, { text: line.dataset.send, mirror: mirrored() }); closeResults(numberOf(line)); },
  "[data-pick]": (result) => {
    post(`/phone/${numberOf(result)}/pick`, { id: result.dataset.pick, mirror: mirrored() });
    (mirrored() ? [1, 2] : [numberOf(result)]).forEach(closeResults);
  },
  "[data-expand]": (quote) => quote.classList.toggle("expanded"),
  "[data-spoiler]": (spoiler) => spoiler.classList.add("revealed"),
  "[data-clock]": (button) => post("/clock", { by: button.dataset.clock }),
  "[data-post]": async (button) => { button.disabled = true; await post(button.dataset.post, JSON.parse(button.dataset.body ?? "{}")); button.disabled = false; },
  "[data-new]": (button) => post(`/phone/${numberOf(button)}/new`, {}),
  "[data-beat]": (button) => { chosenBeat = button.parentElement.classList.contains("open") && chosenBeat ? "" : button.dataset.beat; refreshBeats(); },
  "[data-copy-script]": async (button) => copy(button, await script(numberOf(button))),
  "[data-link]": (button) => copyLink(button),
};
document.addEventListener("click", (event) => {
  for (const [selector, act] of Object.entries(CLICKS)) {
    const element = event.target.closest(selector);
    if (element) { act(element); break; }
  }
  all("details.menu[open]").filter((menu) => !menu.contains(event.target) || event.target.closest("button, a")).forEach((menu) => { menu.open = false; });
});

document.addEventListener("change", async (event) => {
  if (!event.target.matches("[data-replay], [data-try]")) return;
  const [file] = event.target.files;
  if (file && event.target.matches("[data-try]")) await tryAgain(await file.text());
  else if (file) await replay(numberOf(event.target), await file.text());
  event.target.value = "";
});

const script = async (number) => (await fetch(`/phone/${number}/script`)).text();

async function replay(number, text) {
  note(`replaying on phone ${number}…`);
  if (await post(`/phone/${number}/replay`, text, "text/plain")) note(`phone ${number} is there`);
}

async function tryAgain(text) {
  const answer = await post("/recording", text, "text/plain");
  if (!answer) return;
  const dialog = find("#tried");
  find("h3", dialog).textContent = answer.differ ? `${answer.differ} events differ` : "All events come out as they did";
  find("pre", dialog).textContent = answer.text;
  dialog.showModal();
}

// A link carries what was done, without what was seen: it is done again by somebody new.
async function copyLink(button) {
  const number = numberOf(button);
  const steps = (await script(number)).split("\n").filter((line) => line && !line.startsWith("see ") && !line.startsWith("#"));
  const bytes = new TextEncoder().encode(steps.join("\n"));
  const packed = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  if (packed.length > LINK_MAX) { note("this is too long for a link: save the session instead"); return; }
  history.replaceState(null, "", `#phone=${number}&steps=${packed}`);
  copy(button, location.href);
}

function followLink() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const steps = asked.get("steps"), number = asked.get("phone");
  if (!steps || !device(number) || steps.length > LINK_MAX) return;
  try {
    const bytes = Uint8Array.from(atob(steps.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
    replay(number, new TextDecoder().decode(bytes));
  } catch { note("this link is damaged"); }
}
window.addEventListener("hashchange", followLink);
followLink();
tick();
