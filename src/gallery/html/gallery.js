"use strict";
// Shows what screens.js holds: a wall of screens, or one screen with its diagram. Loads nothing, stores nothing.

const root = document.documentElement;
const at = (id) => document.getElementById(id);
const byName = new Map(GALLERY.screens.map((screen) => [screen.name, screen]));

// Both languages of one screen stand together.
const pairs = new Map();
for (const screen of GALLERY.screens) {
  const key = screen.name.slice(0, -(screen.lang.length + 1));
  if (!pairs.has(key)) pairs.set(key, { key, ...screen, langs: {} });
  pairs.get(key).langs[screen.lang] = screen;
}
const all = [...pairs.values()];

// Searching forgives case, vowel signs, invisible marks and the spellings of alif, ya and ta marbuta.
const folded = (text) => text.normalize("NFKD").replace(/[\p{M}\p{Cf}\u0640]|‹[A-Z]+›/gu, "").toLowerCase()
  .replace(/[أإآٱ]/g, "ا").replace(/ى/g, "ي").replace(/ة/g, "ه");
const searched = (pair) => (pair.folded ??= folded(Object.values(pair.langs).map((screen) => screen.name + "\n" + screen.text).join("\n")));

const element = (tag, className, text) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};

function view(screen, theme) {
  const figure = element("figure");
  const chat = element("div", "chat " + theme);
  chat.innerHTML = screen.html;
  const caption = element("figcaption");
  caption.append(element("span", "", `${screen.lang} · ${theme}`), element("span", "", `${screen.units} of 4096`));
  figure.append(chat, caption);
  return figure;
}

function views(pair) {
  const box = element("div", "views");
  const themes = root.dataset.theme === "both" ? ["light", "dark"] : [root.dataset.theme];
  const langs = root.dataset.langs === "both" ? ["en", "ar"] : [root.dataset.langs];
  for (const lang of langs) {
    const screen = pair.langs[lang];
    if (screen) for (const theme of themes) box.append(view(screen, theme));
  }
  return box;
}

const broken = (pair) => Object.values(pair.langs).flatMap((screen) => screen.found.map((finding) => [screen.lang, ...finding]));

function heading(pair) {
  const title = element("h2");
  const link = element("a", "", pair.key);
  link.href = "#" + pair.key + "." + (root.dataset.langs === "ar" ? "ar" : "en");
  title.append(link);
  if (pair.surface) title.append(element("span", "badge", pair.surface));
  const count = broken(pair).length;
  if (count) title.append(element("span", "badge bad", `${count} finding${count > 1 ? "s" : ""}`));
  return title;
}

function findings(pair) {
  const box = element("div", "findings");
  for (const [lang, name, sentence, what] of broken(pair)) box.append(element("p", "", `${lang} · ${name}: ${sentence}. ${what}`));
  return box;
}

// A wall is filled as it is scrolled to.
const watcher = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    watcher.unobserve(target);
    if (target.pair.found && broken(target.pair).length) target.append(findings(target.pair));
    target.append(views(target.pair));
  }
}, { rootMargin: "1200px" });

function chosen() {
  const words = folded(at("search").value).split(/\s+/).filter(Boolean);
  const is = (id, value) => !at(id).value || at(id).value === value;
  return all.filter((pair) => is("flow", pair.flow) && is("state", pair.state) && is("scene", pair.scene)
    && (!at("lint").value || broken(pair).some((finding) => finding[1] === at("lint").value))
    && words.every((word) => searched(pair).includes(word)));
}

function showWall() {
  const shown = chosen();
  at("one").hidden = true;
  at("wall").hidden = false;
  const total = shown.reduce((sum, pair) => sum + Object.keys(pair.langs).length, 0);
  at("count").textContent = `${total} of ${GALLERY.screens.length} screens`;
  watcher.disconnect();
  at("wall").replaceChildren(...shown.map((pair) => {
    const shot = element("article", "shot");
    shot.pair = pair;
    shot.append(heading(pair));
    watcher.observe(shot);
    return shot;
  }));
}

function links(label, list, current) {
  const box = element("nav", "siblings");
  box.setAttribute("aria-label", label);
  for (const [text, screen] of list) {
    const link = element("a", "", text);
    link.href = "#" + screen.name;
    if (screen === current) link.setAttribute("aria-current", "true");
    box.append(link);
  }
  return box;
}

function drawing(screen) {
  const flow = GALLERY.flows.find((flow) => flow.tag === screen.flow);
  const box = element("div", "drawing");
  if (!flow) return box;
  box.innerHTML = flow.svg;
  for (const node of box.querySelectorAll(".state")) {
    node.classList.toggle("lit", node.dataset.node === screen.state);
    const example = GALLERY.screens.find((other) => other.flow === screen.flow && other.state === node.dataset.node
      && other.scene === screen.scene && other.lang === screen.lang);
    if (example) node.addEventListener("click", () => { location.hash = example.name; });
  }
  return box;
}

function showOne(screen) {
  const pair = pairs.get(screen.name.slice(0, -(screen.lang.length + 1)));
  const same = (other) => other.flow === screen.flow && other.state === screen.state && other.lang === screen.lang;
  const examples = GALLERY.screens.filter((other) => same(other) && other.scene === screen.scene);
  const scenes = GALLERY.screens.filter((other) => same(other) && other.example === screen.example);
  const parts = [
    links("examples", examples.map((other) => [other.example, other]), screen),
    links("worlds", scenes.map((other) => [other.scene, other]), screen),
    heading(pair),
  ];
  if (broken(pair).length) parts.push(findings(pair));
  parts.push(views(pair));
  if (screen.state) parts.push(drawing(screen));
  at("wall").hidden = true;
  at("one").hidden = false;
  at("one").className = "shot";
  at("one").replaceChildren(...parts);
  at("count").textContent = [screen.flow, screen.state, screen.example].filter(Boolean).join(" · ");
  const lit = at("one").querySelector(".drawing .lit");
  if (lit) lit.closest(".drawing").scrollLeft = Math.max(0, lit.getBoundingClientRect().left - 400);
}

function named(hash) {
  try { return byName.get(decodeURIComponent(hash.slice(1))); } catch { return undefined; }
}

function show() {
  const screen = named(location.hash);
  if (screen) showOne(screen);
  else showWall();
  if (!screen && location.hash.length > 1) say("There is no such screen: here are all of them.");
}

let fading;
function say(text) {
  at("toast").textContent = text;
  at("toast").classList.add("shown");
  clearTimeout(fading);
  fading = setTimeout(() => at("toast").classList.remove("shown"), 3500);
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.(".keyboard button");
  if (!button) return;
  const { kind, leads, target: next, said } = button.dataset;
  const lines = said ? [said] : [];
  if (leads === "to" || leads === "near") {
    if (leads === "near") lines.push("(no example shows exactly this: the nearest one)");
    if (location.hash.slice(1) === next) lines.push("(the same screen again)");
    location.hash = next;
    window.scrollTo(0, 0);
  } else if (leads === "nowhere") {
    lines.push(`The press is ignored: ${next}`);
  } else {
    lines.push(kind === "callback" ? "This message stands outside the flows." : button.title);
  }
  if (lines.length) say(lines.join("\n"));
});

function options(id, values) {
  for (const value of new Set(values)) if (value) at(id).append(new Option(value, value));
}

function pressed(id) {
  for (const button of at(id).children) button.setAttribute("aria-pressed", String(button.dataset.value === root.dataset[id]));
}

options("flow", all.map((pair) => pair.flow));
options("scene", all.map((pair) => pair.scene));
for (const [name, sentence] of GALLERY.lints) {
  const option = new Option(name, name);
  option.title = sentence;
  at("lint").append(option);
}
function fillStates() {
  const flow = at("flow").value;
  at("state").replaceChildren(new Option("all", ""));
  options("state", all.filter((pair) => !flow || pair.flow === flow).map((pair) => pair.state));
}
fillStates();
for (const id of ["flow", "state", "scene", "lint", "search"]) {
  at(id).addEventListener("input", () => {
    if (id === "flow") fillStates();
    if (location.hash) history.replaceState(null, "", "#");
    showWall();
  });
}
for (const id of ["langs", "theme"]) {
  pressed(id);
  at(id).addEventListener("click", ({ target }) => {
    if (!target.dataset.value) return;
    root.dataset[id] = target.dataset.value;
    pressed(id);
    show();
  });
}
for (const id of ["marks", "bytes"]) at(id).addEventListener("change", () => root.classList.toggle(id, at(id).checked));
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== at("search")) { event.preventDefault(); at("search").focus(); }
});
// An address can carry the view: index.html?theme=dark&langs=ar&marks&bytes#buy.Confirm.offered.usual.ar
const asked = new URLSearchParams(location.search);
for (const id of ["langs", "theme"]) if (asked.get(id)) { root.dataset[id] = asked.get(id); pressed(id); }
for (const id of ["marks", "bytes"]) if (asked.has(id)) { at(id).checked = true; root.classList.add(id); }
for (const id of ["flow", "state", "scene", "lint", "search"]) if (asked.get(id)) at(id).value = asked.get(id);
addEventListener("hashchange", show);
show();
