// Search and filter. Without scripts the page is whole, and nothing of this is there.
(() => {
  "use strict";
  const main = document.querySelector("main.kanmon");
  document.documentElement.lang = main.lang;
  const entries = [...main.querySelectorAll("[data-outcome]")]
    .map((node) => ({ node, text: node.textContent.toLowerCase(), check: !node.matches(".k-note") }));
  const checks = entries.filter(({ check }) => check).length;
  if (!entries.length) return;

  const { all, nothing, shown: counted } = main.dataset;
  const words = JSON.parse(main.dataset.words);
  const named = (element, label) => (element.setAttribute("aria-label", label), element);
  const make = (name, properties) => Object.assign(document.createElement(name), properties);
  const valuesOf = (key) => [...new Set(entries.map(({ node }) => node.dataset[key]))];
  const choice = (label, key, values) => {
    const select = named(make("select", { name: key }), label);
    select.append(new Option(`${label}: ${all}`, ""));
    values.forEach((value) => select.append(new Option(words[value] ?? value, value)));
    select.addEventListener("change", show);
    return select;
  };
  const search = named(make("input", { type: "search", placeholder: main.dataset.search }), main.dataset.search);
  search.addEventListener("input", show);
  const outcome = choice(main.dataset.outcome, "outcome", valuesOf("outcome"));
  const target = choice(main.dataset.target, "target", valuesOf("target").sort());
  const said = make("span", { role: "status" });
  const tools = named(make("div", { className: "k-tools", role: "search" }), main.dataset.search);
  tools.append(search, outcome, target, said);
  main.querySelector("nav").after(tools);

  function show() {
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const { node, text, check } of entries) {
      const chosen = (!outcome.value || node.dataset.outcome === outcome.value)
        && (!target.value || node.dataset.target === target.value);
      node.hidden = !(chosen && wanted.every((word) => text.includes(word)));
      found += check && !node.hidden;
    }
    main.querySelectorAll(".k-group, .k-scroll:has(tr[data-outcome])").forEach((group) => {
      group.hidden = !group.querySelector("[data-outcome]:not([hidden])");
    });
    said.textContent = found ? counted.replace("{found}", found).replace("{all}", checks) : nothing;
  }
  // A link to a check that is filtered away shows all again: nothing that stands against it gets lost.
  function reveal() {
    const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!place?.closest("[hidden]")) return;
    search.value = outcome.value = target.value = "";
    show();
    place.scrollIntoView();
  }
  addEventListener("hashchange", reveal);
  show();
})();
