// Adds to pages that work without it: suggestions while typing in a search box (ARIA combobox), evidence opened for
// print, buttons that copy.
"use strict";
for (const input of document.querySelectorAll('form[role="search"][action="/search"] input[type="search"]')) {
  const list = document.createElement("ul");
  list.id = input.id + "-suggestions";
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels.length ? input.labels[0].textContent : "");
  list.hidden = true;
  input.after(list);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");
  let timer = 0, latest = 0, active = -1;

  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (index) => {
    const options = list.children;
    if (active >= 0) options[active].setAttribute("aria-selected", "false");
    active = (index + options.length) % options.length;
    options[active].setAttribute("aria-selected", "true");
    options[active].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", options[active].id);
  };
  const show = (found) => {
    list.replaceChildren();
    active = -1;
    found.forEach((one, number) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${number}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      const name = document.createElement("bdi");
      name.textContent = one.text;
      item.append(name);
      if (one.note) {
        const note = document.createElement("span");
        note.textContent = one.note;
        item.append(" ", note);
      }
      item.addEventListener("pointerdown", (event) => { event.preventDefault(); location.assign(one.href); });
      item.dataset.href = one.href;
      list.append(item);
    });
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(found.length > 0));
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    const text = input.value.trim();
    if (text.length < 2) return close();
    timer = setTimeout(async () => {
      const mine = ++latest;
      try {
        const language = new URLSearchParams(location.search).get("lang");
        const parameters = new URLSearchParams({ q: text });
        if (language) parameters.set("lang", language);
        const answer = await fetch("/search.json?" + parameters);
        const told = await answer.json();
        if (mine === latest && document.activeElement === input) show(told.things);
      } catch { close(); }
    }, 120);
  });
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") { event.preventDefault(); choose(active + 1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); choose(active < 0 ? -1 : active - 1); }
    else if (event.key === "Escape") { event.preventDefault(); close(); }
    else if (event.key === "Enter" && active >= 0) { event.preventDefault(); location.assign(list.children[active].dataset.href); }
  });
  input.addEventListener("blur", close);
}
// On paper a statement stands with what it rests on; what the reader had closed is closed again afterwards.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("main details.ev:not([open])")];
  for (const one of opened) one.open = true;
});
addEventListener("afterprint", () => { for (const one of opened) one.open = false; });
// A button beside what is cited, where the browser lets a page write to the clipboard.
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.of).textContent);
        button.nextElementSibling.textContent = button.dataset.done;
      } catch { getSelection().selectAllChildren(document.getElementById(button.dataset.of)); }
    });
  }
}
