// Keeps the talk: questions live in this browser's storage, answers are always the server's; nothing is kept there.
// Without this script every link and form loads the page it names.
"use strict";

const KEY = "chuchu.talk";
const MOST = 30;
const form = document.querySelector("form.ask");
const talk = document.getElementById("talk");
const status = document.getElementById("status");

function kept() {
  try {
    const told = JSON.parse(localStorage.getItem(KEY));
    return Array.isArray(told) ? told.filter((path) => /^\/\?/.test(path)).slice(-MOST) : [];
  } catch {
    return [];
  }
}
function keep(paths) {
  try {
    localStorage.setItem(KEY, JSON.stringify(paths.slice(-MOST)));
  } catch { /* storage is closed: the talk lasts as long as the page */ }
}
const turns = () => [...talk.querySelectorAll(".turn")];
const save = () => keep(turns().map((turn) => turn.dataset.path));
const here = () => location.pathname + location.search;

async function fetched(path) {
  const response = await fetch(path);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return { page, turn: page.querySelector("#talk > .turn") || page.querySelector(".notice") };
}
function ready(root) {
  for (const button of root.querySelectorAll(".copy, .forget")) button.hidden = false;
}
function settle() {
  const last = turns().at(-1);
  form.querySelector("[name=context]")?.remove();
  if (last?.dataset.understood) {
    const context = Object.assign(document.createElement("input"), { type: "hidden", name: "context" });
    context.value = last.dataset.understood;
    form.prepend(context);
  }
  document.querySelector(".over").hidden = turns().length === 0;
}
async function ask(path) {
  const button = form.querySelector("[type=submit]");
  button.setAttribute("aria-busy", "true");
  status.textContent = form.dataset.asking;
  try {
    const { page, turn } = await fetched(path);
    document.querySelector(".welcome")?.remove();
    turns().find((known) => known.dataset.path === turn.dataset.path)?.remove();
    ready(turn);
    talk.append(turn);
    turn.scrollIntoView({ block: "start" });
    history.pushState(null, "", turn.dataset.path || path);
    document.title = page.title;
    save();
    settle();
  } catch {
    location.assign(path); // the browser itself says what is wrong with the network
  } finally {
    button.removeAttribute("aria-busy");
    status.textContent = "";
  }
}
// The talk as the storage has it, around the one answer that the server has drawn.
async function restore() {
  const shown = turns()[0];
  const paths = kept();
  if (shown && !paths.includes(shown.dataset.path)) paths.push(shown.dataset.path);
  for (const path of paths) {
    if (path === shown?.dataset.path) {
      talk.append(shown);
      continue;
    }
    const { turn } = await fetched(path).catch(() => ({}));
    if (turn?.dataset.path) {
      ready(turn);
      document.querySelector(".welcome")?.remove();
      if (shown && paths.indexOf(path) < paths.indexOf(shown.dataset.path)) shown.before(turn);
      else talk.append(turn);
    }
  }
  save();
  settle();
  if (shown) shown.scrollIntoView({ block: "start" });
}
function turnTo() {
  const turn = turns().find((known) => known.dataset.path === here());
  if (turn) turn.scrollIntoView({ block: "start" });
  else if (!location.hash) location.reload();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches(".copy")) {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      const box = Object.assign(document.createElement("textarea"), { value: button.dataset.copy });
      document.body.append(box);
      box.select();
      document.execCommand("copy");
      box.remove();
    }
    button.textContent = "✓ " + button.textContent.replace("✓ ", "");
    if (status) status.textContent = form.dataset.copied;
  } else if (button.matches(".forget")) {
    button.closest(".turn").remove();
    save();
    settle();
    if (!turns().length) location.assign("/");
    else form.elements.q.focus();
  } else if (button.id === "new") {
    keep([]);
    location.assign("/");
  }
});
document.addEventListener("submit", async (event) => {
  const sent = event.target;
  if (sent.matches(".vote")) {
    event.preventDefault();
    const body = new URLSearchParams(new FormData(sent, event.submitter));
    const response = await fetch(sent.action, { method: "POST", body, headers: { Accept: "application/json" } });
    if (response.ok) {
      for (const button of sent.querySelectorAll("[name=liked]")) button.remove();
      sent.prepend((await response.json()).thanks);
    }
  } else if (sent === form) {
    event.preventDefault();
    const box = form.elements.q;
    if (!box.value.trim()) return;
    const asked = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    box.value = "";
    ask("/?" + asked);
  }
});
document.addEventListener("keydown", (event) => {
  const box = form?.elements.q ?? document.querySelector("input[type=search]");
  const typing = event.target.matches("input, select, textarea");
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !box) return;
  if (event.key === "/" && !typing) {
    event.preventDefault();
    box.focus();
  } else if (event.key === "Escape" && typing) {
    box.value = "";
    box.blur();
  } else if (event.key === "ArrowUp" && event.target === box && form && !box.value) {
    event.preventDefault();
    box.value = new URLSearchParams(turns().at(-1)?.dataset.path.slice(1)).get("q") ?? "";
  }
});

// The list of articles scrolls on.
const list = document.querySelector("ol.articles");
if (list) {
  const pages = document.querySelector(".pages");
  const more = new IntersectionObserver(async ([seen]) => {
    const next = pages.querySelector("[rel=next]");
    if (!seen.isIntersecting || !next) return;
    more.unobserve(pages);
    const { page } = await fetched(next.href);
    list.append(...page.querySelectorAll("ol.articles > li"));
    next.remove();
    const further = page.querySelector(".pages [rel=next]");
    if (further) pages.append(further);
    more.observe(pages);
  }, { rootMargin: "600px" });
  more.observe(pages);
}
ready(document);
if (form && talk) {
  restore();
  addEventListener("popstate", turnTo);
  addEventListener("storage", (event) => {
    if (event.key === KEY && document.hidden) location.reload();
  });
  if (matchMedia("(pointer: fine)").matches) form.elements.q.focus({ preventScroll: true });
}
