// The page reads without this. It adds the menu of narrow screens, the mark on the chapter that is
// read, and the filters of the ledger, whose state is in the address.
"use strict";

const root = document.documentElement;
const menu = document.getElementById("menu");
const contents = document.getElementById("contents");
const form = document.getElementById("filters");
root.classList.add("scripted");

function unfold(open) {
  menu.setAttribute("aria-expanded", String(open));
  contents.classList.toggle("open", open);
}
menu.addEventListener("click", () => unfold(menu.getAttribute("aria-expanded") !== "true"));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && menu.getAttribute("aria-expanded") === "true") {
    unfold(false);
    menu.focus();
  }
});
contents.addEventListener("click", (event) => {
  if (event.target.closest("a")) unfold(false);
});

// The chapter that is read is the last whose beginning is above the upper third of the window.
const links = [...contents.querySelectorAll('a[href^="#"]')];
const parts = links.map((link) => document.getElementById(link.hash.slice(1)));
let waiting = false;
function mark() {
  waiting = false;
  const seen = parts.filter((part) => part.checkVisibility());
  const above = seen.filter((part) => part.getBoundingClientRect().top < innerHeight / 3);
  const read = parts.indexOf(above.at(-1) ?? seen[0]);
  links.forEach((link, place) => {
    if (place === read) link.setAttribute("aria-current", "location");
    else link.removeAttribute("aria-current");
  });
}
addEventListener("scroll", () => {
  if (!waiting) requestAnimationFrame(mark);
  waiting = true;
});
mark();

// Figures and tables that are wider than their place say so, and can be reached to scroll them.
const scrolled = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const cut = target.scrollWidth > target.clientWidth + 1;
    target.classList.toggle("cut", cut);
    target.tabIndex = cut ? 0 : -1;
  }
});
document.querySelectorAll(".wide").forEach((each) => scrolled.observe(each));

// A printed page has nothing to click on.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("main details:not([open])")].filter(
    (each) => !each.querySelector("pre")
  );
  folded.forEach((each) => (each.open = true));
});
addEventListener("afterprint", () => folded.forEach((each) => (each.open = false)));

if (form) {
  const claims = [...document.querySelectorAll(".claim")];
  const chapters = [...document.querySelectorAll(".chapter")];
  const found = document.getElementById("found");

  function chosen() {
    const fields = new FormData(form);
    const words = fields.get("words").toLowerCase().split(/\s+/).filter(Boolean);
    const [answers, kinds] = [fields.getAll("answer"), fields.getAll("kind")];
    return { answers, kinds, words, all: fields.has("all") };
  }

  function fits(claim, { answers, kinds, words }) {
    const text = claim.textContent.toLowerCase();
    return (
      (!answers.length || answers.includes(claim.dataset.answer)) &&
      (!kinds.length || kinds.includes(claim.dataset.kind)) &&
      words.every((word) => text.includes(word))
    );
  }

  function show() {
    const wanted = chosen();
    const filtered =
      wanted.all || Boolean(wanted.answers.length + wanted.kinds.length + wanted.words.length);
    root.classList.toggle("filtered", filtered);
    for (const claim of claims) claim.hidden = filtered && !fits(claim, wanted);
    for (const chapter of chapters) {
      chapter.hidden = filtered && !chapter.querySelector(".claim:not([hidden])");
    }
    const left = claims.filter((claim) => !claim.hidden).length;
    found.textContent = filtered ? `${left} of ${claims.length} claims` : "";
    mark();
  }

  function remember() {
    const fields = new URLSearchParams(new FormData(form));
    if (!fields.get("words")) fields.delete("words");
    const query = fields.size ? `?${fields}` : location.pathname;
    try {
      history.replaceState(null, "", query);
    } catch {
      // A page from a file may not change its address in every browser.
    }
  }

  function recall() {
    const fields = new URLSearchParams(location.search);
    for (const box of form.querySelectorAll('[type="checkbox"]')) {
      box.checked = fields.getAll(box.name).includes(box.value);
    }
    form.elements.words.value = fields.get("words") ?? "";
  }

  function change() {
    show();
    remember();
    scrollTo({ top: 0, behavior: "instant" });
  }

  form.hidden = false;
  form.addEventListener("input", change);
  form.addEventListener("reset", () => setTimeout(change));
  form.addEventListener("submit", (event) => event.preventDefault());
  // A link to what a filter hides shows everything again.
  addEventListener("hashchange", () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && !target.checkVisibility()) {
      form.reset();
      setTimeout(() => target.scrollIntoView());
    }
  });
  recall();
  show();
}
