"use strict";
// Draws what stands in the JSON of this page. Texts from the data go in by textContent only.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const narrow = matchMedia("(max-width: 46rem)");
  const isPaper = () => "paper" in document.documentElement.dataset;
  const redraws = [];  // each draws its picture anew, in the colours that hold then

  // ---- Words and numbers --------------------------------------------------------------------

  const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 20 });
  const isQuantity = (name) => !/(^|_)(id|year)$/.test(name);
  const isPercent = (column) => column.number && /(^|_)percent$/.test(column.name);

  const kindOf = (column) => (column.number ? "number" : "text");

  function label(name) {
    const words = name.replace(/(^|_)percent$/, "$1%").replaceAll("_", " ").trim();
    return words.charAt(0).toUpperCase() + words.slice(1);
  }

  function show(value, column) {
    if (value === null) return "–";
    if (!column.number || typeof value !== "number") return String(value);
    if (isPercent(column)) return `${value.toFixed(1)} %`;
    return isQuantity(column.name) ? grouped.format(value) : String(value);
  }

  const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text);
  const dayName = new Intl.DateTimeFormat("en-GB",
    { day: "numeric", month: "short", timeZone: "UTC" });
  const shortDay = (text) => (isDay(text) ? dayName.format(new Date(`${text}T00:00:00Z`)) : text);
  const shortened = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

  function make(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  // ---- Colours ------------------------------------------------------------------------------

  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const rgb = (parts, alpha = 1) => `rgba(${parts.map(Math.round).join(", ")}, ${alpha})`;

  function luminance(parts) {
    const [r, g, b] = parts.map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  /** Shades a cell by its share of the greatest value, with a text colour that stands out. */
  function shade(node, value, greatest) {
    const low = channels(color("--low"));
    const high = channels(color("--high"));
    const share = greatest > 0 ? Math.sqrt(Math.max(0, value) / greatest) : 0;
    const parts = low.map((part, i) => part + (high[i] - part) * share);
    node.style.backgroundColor = rgb(parts);
    // The luminance at which black and white text stand out equally.
    node.style.color = luminance(parts) > 0.179 ? "#10131a" : "#ffffff";
  }

  // ---- Tables -------------------------------------------------------------------------------

  function compare(a, b) {
    if (a === null || b === null) return (a === null) - (b === null);
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a).localeCompare(String(b), "en", { numeric: true });
  }

  function sortBy(table, body, question, at) {
    const headers = [...table.tHead.rows[0].cells];
    const before = headers[at].getAttribute("aria-sort");
    // The first click on numbers puts the greatest on top.
    const first = question.columns[at].number ? "descending" : "ascending";
    const other = { ascending: "descending", descending: "ascending" };
    const direction = before ? other[before] : first;
    for (const header of headers) header.removeAttribute("aria-sort");
    headers[at].setAttribute("aria-sort", direction);
    const sign = direction === "ascending" ? 1 : -1;
    const order = question.rows.map((_, i) => i).sort((i, j) => {
      const [a, b] = [question.rows[i][at], question.rows[j][at]];
      const nulls = a === null || b === null;  // they stand last either way
      return (nulls ? compare(a, b) : sign * compare(a, b)) || i - j;
    });
    const rows = new Map([...body.rows].map((row) => [Number(row.dataset.row), row]));
    body.append(...order.map((i) => rows.get(i)));
  }

  function makeTable(question) {
    const head = make("tr");
    const body = make("tbody");
    const table = make("table", { class: "rows" },
      make("caption", { class: "hidden" }, question.title), make("thead", {}, head), body);
    question.columns.forEach((column, at) => {
      const button = make("button", { type: "button" }, label(column.name));
      button.addEventListener("click", () => sortBy(table, body, question, at));
      head.append(make("th", { scope: "col", class: kindOf(column) }, button));
    });
    question.rows.forEach((cells, i) => {
      const row = make("tr", { "data-row": i });
      cells.forEach((cell, at) => {
        const column = question.columns[at];
        row.append(make("td", { class: kindOf(column) }, show(cell, column)));
      });
      body.append(row);
    });
    // What scrolls must be within reach of the keyboard.
    return make("div", { class: "scroll", tabindex: "0", role: "region",
      "aria-label": `Table: ${question.title}` }, table);
  }

  // ---- Charts -------------------------------------------------------------------------------

  const place = (question, name) => question.columns.findIndex((column) => column.name === name);

  /** The rows, and a row of zeros for every day that is missing between the first and the last. */
  function withoutGaps(question, x) {
    const { rows, columns } = question;
    if (rows.length < 2 || !rows.every((row) => isDay(row[x]))) return rows;
    const known = new Map(rows.map((row) => [row[x], row]));
    const last = rows[rows.length - 1][x];
    const filled = [];
    for (const day = new Date(`${rows[0][x]}T00:00:00Z`); ; day.setUTCDate(day.getUTCDate() + 1)) {
      const text = day.toISOString().slice(0, 10);
      const missing = columns.map((column, i) => (i === x ? text : isPercent(column) ? null : 0));
      filled.push(known.get(text) ?? missing);
      if (text >= last) return filled;
    }
  }

  /** Writes the values of single bars beside them. */
  const valuesAtBars = {
    id: "valuesAtBars",
    afterDatasetsDraw(chart) {
      const { ctx, data: { datasets } } = chart;
      if (datasets.length !== 1) return;
      ctx.save();
      ctx.font = `12px ${Chart.defaults.font.family}`;
      ctx.fillStyle = color("--text");
      ctx.textBaseline = "middle";
      chart.getDatasetMeta(0).data.forEach((bar, i) => {
        ctx.fillText(grouped.format(datasets[0].data[i]), bar.x + 6, bar.y);
      });
      ctx.restore();
    },
  };

  function seriesOf(question, rows, alpha) {
    return question.chart.columns.slice(1).map((name, i) => {
      const at = place(question, name);
      const tone = color(`--series-${i + 1}`);
      return {
        label: label(name), data: rows.map((row) => row[at]), borderColor: tone,
        backgroundColor: rgb(channels(tone), alpha), column: question.columns[at],
      };
    });
  }

  function options(question, datasets, more) {
    const grid = { color: color("--line"), drawBorder: false };
    return {
      responsive: true, maintainAspectRatio: false, animation: false, ...more.top,
      interaction: { mode: "index", intersect: false, axis: more.axis },
      layout: { padding: more.padding ?? 0 },
      plugins: {
        legend: { display: datasets.length > 1, align: "start",
          labels: { boxWidth: 12, boxHeight: 12 } },
        tooltip: { callbacks: {
          title: (items) => String(more.titles[items[0].dataIndex]),
          label: (item) => `${item.dataset.label}: ${show(item.raw, item.dataset.column)}`,
        } },
      },
      scales: {
        x: { grid: { ...grid, display: more.axis === "y" }, ...more.x },
        y: { grid: { ...grid, display: more.axis === "x" }, ...more.y },
      },
    };
  }

  const counts = { beginAtZero: true, ticks: { precision: 0, maxTicksLimit: 6 } };

  const charts = {
    line(question) {
      const x = place(question, question.chart.columns[0]);
      const rows = withoutGaps(question, x);
      const titles = rows.map((row) => row[x]);
      const datasets = seriesOf(question, rows, 0.12).map((series) => ({ ...series, fill: true,
        borderWidth: 2, cubicInterpolationMode: "monotone", spanGaps: true,
        pointRadius: rows.length > 40 ? 0 : 2.5, pointBackgroundColor: series.borderColor }));
      return { type: "line", data: { labels: titles.map(shortDay), datasets },
        options: options(question, datasets, { axis: "x", titles, y: counts,
          x: { ticks: { maxRotation: 0, autoSkipPadding: 16 } } }) };
    },
    bars(question) {
      const at = place(question, question.chart.columns[0]);
      const titles = question.rows.map((row) => row[at] ?? "–");
      const most = isPaper() ? 15 : narrow.matches ? 17 : 30;
      const datasets = seriesOf(question, question.rows, 1).map((series) => ({ ...series,
        borderWidth: 0, borderRadius: 3, maxBarThickness: 22 }));
      return { type: "bar", plugins: [valuesAtBars],
        data: { labels: titles.map((text) => shortened(String(text), most)), datasets },
        options: options(question, datasets, { axis: "y", titles, top: { indexAxis: "y" },
          padding: { right: 44 }, x: counts, y: { ticks: { autoSkip: false } } }) };
    },
    columns(question) {
      const x = place(question, question.chart.columns[0]);
      const rows = withoutGaps(question, x);
      const titles = rows.map((row) => row[x] ?? "–");
      const datasets = seriesOf(question, rows, 1).map((series) => ({ ...series,
        borderWidth: 0, borderRadius: 3, maxBarThickness: 48 }));
      return { type: "bar",
        data: { labels: titles.map((text) => shortDay(String(text))), datasets },
        options: options(question, datasets, { axis: "x", titles,
          x: { stacked: true,
            ticks: { maxRotation: 40, autoSkip: rows.length > 12, autoSkipPadding: 8 } },
          y: { ...counts, stacked: true } }) };
    },
  };

  function summary(question) {
    const [x, ...values] = question.chart.columns.map((name) => place(question, name));
    const parts = question.rows.slice(0, 3).map((row) => `${row[x]}: ${values.map((at) =>
      show(row[at], question.columns[at])).join(", ")}`);
    return `Chart: ${question.title}. ${parts.join("; ")}. All values are in the table below.`;
  }

  function drawChart(question, plot) {
    const bars = question.chart.kind === "bars";
    const series = question.chart.columns.length - 1;
    const [perRow, rest] = series > 1 ? [42, 70] : [30, 40];
    const height = bars ? question.rows.length * perRow + rest : 270;
    plot.style.height = `${Math.max(height, 110)}px`;
    const canvas = make("canvas", { role: "img", "aria-label": summary(question) });
    plot.append(canvas);
    let chart = null;
    redraws.push(() => {
      Chart.defaults.color = color("--soft");
      Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
      if (chart) chart.destroy();
      chart = new Chart(canvas, charts[question.chart.kind](question));
    });
  }

  // ---- Pictures of HTML ---------------------------------------------------------------------

  function drawFigures(question, plot) {
    const list = make("dl", { class: "figures" });
    question.columns.forEach((column, i) => {
      const name = label(isPercent(column) ? column.name.replace(/_percent$/, "") : column.name);
      list.append(make("div", {}, make("dt", {}, name),
        make("dd", { class: kindOf(column) }, show(question.rows[0][i], column))));
    });
    plot.append(list);
  }

  function legend() {
    return make("p", { class: "legend", "aria-hidden": "true" }, "fewer", make("i"), "more");
  }

  /** Sorted whole numbers, such as hours, with those between them. */
  function withoutHoles(xs) {
    if (!xs.every(Number.isInteger) || xs[xs.length - 1] - xs[0] > 60) return xs;
    return Array.from({ length: xs[xs.length - 1] - xs[0] + 1 }, (_, i) => xs[0] + i);
  }

  function drawHeatmap(question, plot) {
    const [x, y, value] = question.chart.columns.map((name) => place(question, name));
    const xs = withoutHoles([...new Set(question.rows.map((row) => row[x]))].sort(compare));
    const ys = [...new Set(question.rows.map((row) => row[y]))];
    const key = (one, other) => JSON.stringify([one, other]);
    const known = new Map(question.rows.map((row) => [key(row[x], row[y]), row[value]]));
    const greatest = Math.max(...question.rows.map((row) => row[value]));
    const shown = question.columns[value];
    const head = make("tr", {}, make("td"));
    for (const one of xs) head.append(make("th", { scope: "col" }, String(one)));
    const body = make("tbody");
    for (const other of ys) {
      const name = String(other);
      const row = make("tr", {}, make("th", { scope: "row", title: name }, name.slice(0, 3)));
      for (const one of xs) {
        const amount = known.get(key(one, other)) ?? 0;
        const cell = make("td", { title: `${other}, ${question.columns[x].name} ${one}: ` +
          `${show(amount, shown)} ${shown.name}` }, show(amount, shown));
        redraws.push(() => shade(cell, amount, greatest));
        row.append(cell);
      }
      body.append(row);
    }
    plot.append(make("table", { class: "heat" },
      make("caption", { class: "hidden" }, question.title), make("thead", {}, head), body));
    plot.append(legend());
  }

  // Each state is a tile, about where it lies: column and row of the grid, counted from 1.
  const TILES = {
    AK: [1, 1, "Alaska"], ME: [11, 1, "Maine"], VT: [10, 2, "Vermont"],
    NH: [11, 2, "New Hampshire"], WA: [1, 3, "Washington"], ID: [2, 3, "Idaho"],
    MT: [3, 3, "Montana"], ND: [4, 3, "North Dakota"], MN: [5, 3, "Minnesota"],
    IL: [6, 3, "Illinois"], WI: [7, 3, "Wisconsin"], MI: [8, 3, "Michigan"],
    NY: [9, 3, "New York"], RI: [10, 3, "Rhode Island"], MA: [11, 3, "Massachusetts"],
    OR: [1, 4, "Oregon"], NV: [2, 4, "Nevada"], WY: [3, 4, "Wyoming"], SD: [4, 4, "South Dakota"],
    IA: [5, 4, "Iowa"], IN: [6, 4, "Indiana"], OH: [7, 4, "Ohio"], PA: [8, 4, "Pennsylvania"],
    NJ: [9, 4, "New Jersey"], CT: [10, 4, "Connecticut"], CA: [1, 5, "California"],
    UT: [2, 5, "Utah"], CO: [3, 5, "Colorado"], NE: [4, 5, "Nebraska"], MO: [5, 5, "Missouri"],
    KY: [6, 5, "Kentucky"], WV: [7, 5, "West Virginia"], VA: [8, 5, "Virginia"],
    MD: [9, 5, "Maryland"], DE: [10, 5, "Delaware"], AZ: [2, 6, "Arizona"],
    NM: [3, 6, "New Mexico"], KS: [4, 6, "Kansas"], AR: [5, 6, "Arkansas"], TN: [6, 6, "Tennessee"],
    NC: [7, 6, "North Carolina"], SC: [8, 6, "South Carolina"], DC: [9, 6, "District of Columbia"],
    OK: [4, 7, "Oklahoma"], LA: [5, 7, "Louisiana"], MS: [6, 7, "Mississippi"],
    AL: [7, 7, "Alabama"], GA: [8, 7, "Georgia"], HI: [1, 8, "Hawaii"], TX: [4, 8, "Texas"],
    FL: [9, 8, "Florida"],
  };

  function drawStates(question, plot) {
    const [state, value] = question.chart.columns.map((name) => place(question, name));
    const known = new Map(question.rows.map((row) => [row[state], row[value]]));
    const shown = question.columns[value];
    const onMap = Object.keys(TILES).map((code) => known.get(code) ?? 0);
    const greatest = Math.max(...onMap);
    const short = new Intl.NumberFormat("en-US", { notation: "compact" });
    const list = make("ul", { class: "states" });
    for (const [code, [column, row, name]] of Object.entries(TILES)) {
      const amount = known.get(code) ?? 0;
      const words = `${name}: ${show(amount, shown)} ${shown.name}`;
      const tile = make("li", { title: words, "aria-label": words },
        make("b", { "aria-hidden": "true" }, code));
      if (amount) tile.append(make("span", { "aria-hidden": "true" }, short.format(amount)));
      tile.style.gridArea = `${row} / ${column}`;
      redraws.push(() => shade(tile, amount, greatest));
      list.append(tile);
    }
    plot.append(list, legend());
    const elsewhere = question.rows.filter((row) => !(row[state] in TILES));
    if (elsewhere.length === 0) return;
    const sum = elsewhere.reduce((total, row) => total + row[value], 0);
    plot.append(make("p", { class: "answers" }, `Elsewhere: ${show(sum, shown)} ${shown.name}.`));
  }

  const pictures = { figures: drawFigures, heatmap: drawHeatmap, states: drawStates,
    line: drawChart, bars: drawChart, columns: drawChart };

  // ---- The page -----------------------------------------------------------------------------

  const isWide = ({ chart, columns }) =>
    ["figures", "line", "heatmap"].includes(chart.kind) ||
    (chart.kind === "table" && columns.length > 7);

  function makeCard(question) {
    const title = make("h3", { id: `q-${question.name}` }, question.title);
    const card = make("article", { class: isWide(question) ? "card wide" : "card",
      "aria-labelledby": title.id }, title, make("p", { class: "answers" }, question.answers));
    card.dataset.name = question.name;
    if (question.rows.length === 0) {
      card.append(make("p", { class: "nothing" }, "Nothing to show yet."));
      return card;
    }
    const draw = pictures[question.chart.kind];
    if (!draw) {
      card.classList.add("plain");
      card.append(makeTable(question));
      return card;
    }
    const plot = make("div", { class: "plot" });
    card.append(plot, make("details", {}, make("summary", {}, "Show as a table"),
      makeTable(question)));
    draw(question, plot);
    return card;
  }

  function makeSection(name, at) {
    const cards = make("div", { class: "cards" });
    for (const question of data.questions) {
      if (question.section === name) cards.append(makeCard(question));
    }
    // No half of a row stays empty: the last of an odd number of halves becomes wide.
    let halves = 0;
    for (const card of cards.children) {
      halves = card.classList.contains("wide") ? 0 : halves + 1;
      const next = card.nextElementSibling;
      const last = !next || next.classList.contains("wide");
      if (halves % 2 === 1 && last) card.classList.add("wide");
    }
    const id = `section-${at + 1}`;
    const title = make("h2", { id }, name);
    document.getElementById("main").append(
      make("section", { "aria-labelledby": id }, title, cards));
    return make("li", {}, make("a", { href: `#${id}` }, name));
  }

  const names = [...new Set(data.questions.map((question) => question.section))];
  document.getElementById("sections").append(make("ul", {}, ...names.map(makeSection)));
  document.getElementById("made").textContent = data.made;

  const redraw = () => redraws.forEach((draw) => draw());
  redraw();
  dark.addEventListener("change", redraw);
  narrow.addEventListener("change", redraw);
  // A canvas is not laid out anew for paper: it is drawn for it beforehand, in light colours.
  addEventListener("beforeprint", () => {
    document.documentElement.dataset.paper = "";
    redraw();
  });
  addEventListener("afterprint", () => {
    delete document.documentElement.dataset.paper;
    redraw();
  });
})();
