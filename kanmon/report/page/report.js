// Search and filter. Without scripts the page is whole, and nothing of this is there.
(() => {
  "use strict";
  const main = document.querySelector("main.kanmon");
  document.documentElement.lang = main.lang;
  const articles = [...main.querySelectorAll("article")];
  const rows = [...main.querySelectorAll("#passed tbody tr, #not-applicable tbody tr")];
  const entries = [...articles, ...rows].map((node) => ({ node, text: node.textContent.toLowerCase() }));
  if (!entries.length) return;

  const make = (name, properties) => Object.assign(document.createElement(name), properties);
  const choice = (label, key) => {
    const select = make("select", { name: key });
    select.setAttribute("aria-label", label);
    select.append(new Option(`${label}: ${main.dataset.all}`, ""));
    const values = new Set(articles.map((one) => one.dataset[key]).filter(Boolean));
    [...values].sort().forEach((value) => select.append(new Option(value, value)));
    select.addEventListener("change", show);
    return select;
  };
  const search = make("input", { type: "search", placeholder: main.dataset.search });
  search.setAttribute("aria-label", main.dataset.search);
  search.addEventListener("input", show);
  const outcome = choice(main.dataset.outcome, "outcome");
  const target = choice(main.dataset.target, "target");
  const said = make("span", { role: "status" });
  const tools = make("div", { className: "k-tools" });
  tools.append(search, outcome, target, said);
  main.querySelector("nav").after(tools);

  function show() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { node, text } of entries) {
      const chosen = (!outcome.value || node.dataset.outcome === outcome.value)
        && (!target.value || node.dataset.target === target.value);
      node.hidden = !(chosen && words.every((word) => text.includes(word)));
      shown += !node.hidden;
    }
    main.querySelectorAll("h3").forEach((title) => {
      let next = title.nextElementSibling;
      let any = false;
      for (; next && next.tagName === "ARTICLE"; next = next.nextElementSibling) any ||= !next.hidden;
      title.hidden = next !== title.nextElementSibling && !any;
    });
    const counted = main.dataset.shown.replace("{}", shown).replace("{}", entries.length);
    said.textContent = shown ? counted : main.dataset.nothing;
  }
  show();
})();
