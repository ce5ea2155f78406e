// The query editor: YASGUI over the plain form, with this site's examples as tabs and its own terms to complete from.
// Asks no other host; where it cannot start, the plain form stays.
"use strict";
(() => {
  const Yasgui = window.Yasgui;
  const place = document.getElementById("editor");
  const form = document.querySelector("form.query");
  if (!Yasgui || !place || !form) return;
  const words = JSON.parse(place.dataset.words);
  const base = place.dataset.base;
  const written = form.querySelector("textarea").value;
  const asked = new URLSearchParams(location.search).get("query");
  let terms = null;

  const learn = () => {
    terms ??= fetch("/sparql/terms.json").then((response) => {
      if (!response.ok) throw new Error(response.statusText);
      return response.json();
    });
    return terms;
  };

  const matching = (found, token) => {
    const typed = (token?.autocompletionString || "").toLowerCase();
    return found
      .filter(({ iri, label }) => iri.toLowerCase().startsWith(typed) || label.toLowerCase().includes(typed)
        || iri.slice(Math.max(iri.lastIndexOf("#"), iri.lastIndexOf("/")) + 1).toLowerCase().includes(typed))
      .map((term) => term.iri);
  };

  // The built-in completers keep their rules on where a completion fits; only where they look things up is replaced.
  const { Autocompleters, defaults } = Yasgui.Yasqe;
  Object.assign(Autocompleters.prefixes, {
    persistenceId: null,
    get: async () => Object.entries((await learn()).prefixes).map(([name, iri]) => `${name}: <${iri}>`).sort(),
  });
  Autocompleters.class.get = async (_editor, token) => matching((await learn()).classes, token);
  Autocompleters.property.get = async (_editor, token) => matching((await learn()).properties, token);
  // The Tab key leads on through the page (WCAG 2.2, 2.1.2), and the page is read from its beginning.
  Object.assign(defaults.extraKeys, { Tab: false, "Shift-Tab": false });
  defaults.autofocus = false;
  defaults.prefixCcApi = "";
  defaults.createShareableLink = (editor) => `${location.origin}/sparql?query=${encodeURIComponent(editor.getValue())}`;

  // A refusal in the words of the service (RFC 9457), not as the JSON that carries them.
  const told = async (error) => {
    let problem;
    try { problem = JSON.parse(error.text); } catch { return undefined; }
    if (!problem?.title) return undefined;
    const box = document.createElement("div");
    box.className = "failure";
    const sentence = (text) => text[0].toUpperCase() + text.slice(1) + (/[.!?:]$/.test(text) ? "" : ".");
    const where = problem.line ? words.place.replace("{line}", problem.line).replace("{column}", problem.column) + " " : "";
    [[problem.title, "b"], [problem.detail && where + (where ? problem.detail : sentence(problem.detail)), "span"], [problem.hint && sentence(problem.hint), "span"]].forEach(([text, kind]) => {
      if (!text) return;
      const line = document.createElement("p");
      line.append(Object.assign(document.createElement(kind), { textContent: text }));
      box.append(line);
    });
    return box;
  };
  Yasgui.Yasr.defaults.errorRenderers = [told, ...(Yasgui.Yasr.defaults.errorRenderers || [])];

  place.hidden = false;
  let editor;
  try {
    editor = new Yasgui(place, {
      requestConfig: { endpoint: `${location.origin}/sparql`, method: "POST" },
      autofocus: false,
      copyEndpointOnNewTab: false,
      corsProxy: undefined,
      populateFromUrl: false,
      persistenceId: "kgraph",
      persistencyExpire: 7 * 24 * 3600,
      yasqe: { value: written },
      yasr: { maxPersistentResponseSize: 50000, persistencyExpire: 3600 },
    });
  } catch (error) {
    place.hidden = true;
    return;
  }
  form.hidden = true;
  document.body.classList.add("wide");
  for (const section of document.querySelectorAll("section:has(#result), section.failure")) section.remove();

  // What the editor leaves unnamed for screen readers; its list of tabs holds a button too, so is no tablist (WAI-ARIA 1.2).
  const name = () => {
    for (const list of place.querySelectorAll(".tabsList[role=tablist]")) list.removeAttribute("role");
    for (const tab of place.querySelectorAll(".tabsList .tab:has(> [role=tab]):not([role=tablist])")) tab.setAttribute("role", "tablist");
    for (const area of place.querySelectorAll(".CodeMirror textarea:not([aria-label])")) area.setAttribute("aria-label", words.query);
    for (const choice of place.querySelectorAll(".yasr select.tableSizer:not([aria-label])")) choice.setAttribute("aria-label", words.rows);
    for (const text of place.querySelectorAll(".yasr pre:not([tabindex])")) text.tabIndex = 0;
  };
  new MutationObserver(name).observe(place, { childList: true, subtree: true });
  name();

  const open = (name, query, run) => {
    const endpoint = `${location.origin}/sparql`;
    const tab = editor.addTab(true, { name, yasqe: { value: query }, requestConfig: { endpoint, method: "POST" } });
    if (run) tab.query().catch(() => {}); // a refusal is shown with the results
  };
  if (asked) {
    const same = Object.values(editor._tabs).find((tab) => tab.getYasqe()?.getValue() === asked);
    if (same) editor.selectTabId(same.getId()).query().catch(() => {});
    else open(words.query, asked, true);
  }

  // Results name things by IRI; a click leads to their page on this host, whatever its address.
  place.addEventListener("click", (event) => {
    const link = event.target.closest(".yasr a[href]");
    if (!link) return;
    const iri = link.getAttribute("href");
    if (iri.startsWith(base)) link.href = `/${iri.slice(base.length)}`;
    else if (!/^(https?|mailto|blob|data):/.test(iri) && !iri.startsWith("/") && !iri.startsWith("#")) event.preventDefault();
  }, true);

  fetch("/queries.json").then((response) => (response.ok ? response.json() : { queries: [] })).then(({ queries }) => {
    if (!queries.length) return;
    const line = document.createElement("p");
    const choice = document.createElement("select");
    choice.className = "examples";
    choice.setAttribute("aria-label", words.examples);
    choice.append(new Option(words.examples, ""));
    queries.forEach((query, number) => choice.append(new Option(query.title, String(number))));
    choice.addEventListener("change", () => {
      const query = queries[Number(choice.value)];
      if (choice.value !== "") open(query.title, query.query, true);
      choice.value = "";
    });
    line.append(choice);
    place.prepend(line);
  }).catch(() => {});
})();
