"use strict";
// Draws the plots as they come into view, and keeps the table: sorted, filtered, 50 rows at a time.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const keys = data.columns.map(([key]) => key);
  const results = data.rows.map((row) => Object.fromEntries(row.map((value, place) => [keys[place], value])));
  const datasets = { ...data.datasets, results };

  const draw = (element) => {
    const spec = data.charts[element.id.replace("plot-", "")];
    // A canvas: ten thousand points as elements would make the page slow.
    const options = { renderer: "canvas", actions: { export: true, source: false, compiled: false, editor: false } };
    vegaEmbed(element, { ...spec, datasets }, options)
      .then(() => { element.dataset.drawn = "yes"; })
      .catch((error) => { element.textContent = `This plot cannot be drawn: ${error.message}`; console.error(error); });
  };
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((each) => each.isIntersecting)) {
      seen.unobserve(entry.target);
      draw(entry.target);
    }
  }, { rootMargin: "300px" });
  // The words are on the screen first.
  requestAnimationFrame(() => setTimeout(() => document.querySelectorAll(".plot").forEach((each) => seen.observe(each))));
  addEventListener("beforeprint", () => document.querySelectorAll(".plot:not([data-drawn])").forEach(draw));

  const SIZE = 50;
  const body = document.querySelector("#table tbody");
  const [filter, count] = [document.getElementById("filter"), document.getElementById("count")];
  const [previous, next] = [document.getElementById("previous"), document.getElementById("next")];
  const state = { column: 0, rising: true, page: 0 };
  const head = document.querySelector("#table thead").insertRow();
  data.columns.forEach(([, title], place) => {
    const cell = document.createElement("th");
    cell.scope = "col";
    const button = cell.appendChild(document.createElement("button"));
    button.type = "button";
    button.textContent = title;
    button.addEventListener("click", () => {
      state.rising = state.column === place ? !state.rising : true;
      Object.assign(state, { column: place, page: 0 });
      show();
    });
    head.append(cell);
  });

  const compare = (a, b) => {
    const [left, right] = [a[state.column], b[state.column]];
    // What is not known is last, whichever way it is sorted.
    if (left === null || right === null) return (left === null) - (right === null);
    const order = typeof left === "number" ? left - right : String(left).localeCompare(right);
    return state.rising ? order : -order;
  };
  const show = () => {
    const text = filter.value.toLowerCase();
    const found = data.rows.filter((row) => !text || row.some((value) => String(value).toLowerCase().includes(text)));
    found.sort(compare);
    const pages = Math.max(1, Math.ceil(found.length / SIZE));
    state.page = Math.min(state.page, pages - 1);
    body.replaceChildren(...found.slice(state.page * SIZE, (state.page + 1) * SIZE).map((row) => {
      const line = document.createElement("tr");
      for (const value of row) line.insertCell().textContent = value === null ? "-" : value;
      return line;
    }));
    count.textContent = `${found.length} of ${data.rows.length}, page ${state.page + 1} of ${pages}`;
    previous.disabled = state.page === 0;
    next.disabled = state.page === pages - 1;
    [...head.cells].forEach((cell, place) => {
      if (place === state.column) cell.setAttribute("aria-sort", state.rising ? "ascending" : "descending");
      else cell.removeAttribute("aria-sort");
    });
  };
  const turn = (step) => () => { state.page += step; show(); };
  previous.addEventListener("click", turn(-1));
  next.addEventListener("click", turn(1));
  filter.addEventListener("input", () => { state.page = 0; show(); });
  show();
})();
