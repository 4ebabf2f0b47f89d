// Filter and sort of the comparison; without it the whole table is there, in the order of the figures.
(() => {
  const table = document.getElementById("table");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const form = document.getElementById("filter");
  const search = document.getElementById("search");
  const figure = document.getElementById("figure");
  const shown = document.getElementById("shown");

  const all = document.getElementById("all");
  const boxes = [...form.querySelectorAll("input[name=verdict]")];

  // At first the rows of our own model; where there are none, all.
  function choose(everything) {
    for (const box of boxes) box.checked = everything || "own" in box.dataset;
    all.setAttribute("aria-pressed", everything);
    filter();
  }

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = new Set(boxes.filter(box => box.checked).map(box => box.value));
    let n = 0;
    for (const row of rows) {
      const { figure: of, verdict, search: text } = row.dataset;
      const visible = verdicts.has(verdict) && (!figure.value || of === figure.value) && words.every(w => text.includes(w));
      row.hidden = !visible;
      n += visible;
    }
    shown.textContent = `${n} of ${rows.length} shown`;
  }

  function sort(head, column) {
    const ascending = head.getAttribute("aria-sort") !== "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    const key = row => row.cells[column].dataset.sort ?? row.cells[column].textContent;
    const numeric = rows.length > 0 && rows[0].cells[column].dataset.sort !== undefined;
    const compare = (a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x === "" || y === "") return (x === "") - (y === "");  // no number: always last
      const order = numeric ? x - y : x.localeCompare(y);
      return ascending ? order : -order;
    };
    body.append(...[...rows].sort(compare));
  }

  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(head, column));
    head.replaceChildren(button);
  });
  all.addEventListener("click", () => choose(all.getAttribute("aria-pressed") !== "true"));
  form.addEventListener("input", filter);
  form.addEventListener("submit", event => event.preventDefault());
  form.hidden = false;
  choose(!boxes.some(box => "own" in box.dataset));
})();
