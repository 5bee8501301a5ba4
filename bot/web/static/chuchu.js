// Keeps the talk on one page: asks in the background and adds the answer the server has drawn.
// Without this script the form simply loads the page with its answer.
"use strict";

const form = document.querySelector("form.ask");
const talk = document.getElementById("talk");
let shown = location.search;

async function ask(query) {
  const address = "/?q=" + encodeURIComponent(query);
  const button = form.querySelector("button");
  button.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(address);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const turn = page.querySelector("#talk > .turn") || page.querySelector(".notice");
    document.querySelector(".welcome")?.remove();
    talk.append(turn);
    turn.scrollIntoView({ block: "start" });
    history.pushState(null, "", address);
    shown = location.search;
    document.title = page.title;
  } catch {
    location.assign(address); // the browser itself says what is wrong with the network
  } finally {
    button.removeAttribute("aria-busy");
  }
}

if (form && talk) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const box = form.elements.q;
    const query = box.value.trim();
    if (!query) return;
    box.value = "";
    ask(query);
  });
  addEventListener("popstate", () => {
    if (location.search !== shown) location.reload(); // else only a fragment has changed, as the skip link does
  });
  if (matchMedia("(pointer: fine)").matches) form.elements.q.focus();
}
