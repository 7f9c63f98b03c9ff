// What pages do beyond what HTML does by itself. Without it they can be read, and every form can be sent.
"use strict";

// The visitor's time zone, so that the next page tells times by it.
{
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  const secure = location.protocol === "https:";
  const name = (secure ? "__Host-" : "") + "shindan-zone";
  if (zone && !document.cookie.includes(name + "=" + zone)) {
    document.cookie = `${name}=${zone}; path=/; max-age=31536000; samesite=lax${secure ? "; secure" : ""}`;
  }
}

document.addEventListener("alpine:init", () => {
  Alpine.data("copy", () => ({
    async take() {
      const said = this.$refs.say, before = said.textContent;
      try {
        await navigator.clipboard.writeText(this.$refs.text.textContent);
      } catch {
        getSelection().selectAllChildren(this.$refs.text);
        if (!document.execCommand("copy")) return;
      }
      said.textContent = this.$el.dataset.done;
      setTimeout(() => { said.textContent = before; }, 1600);
    },
  }));
  Alpine.data("tags", () => ({
    add() {
      this.$refs.rows.append(this.$refs.row.content.cloneNode(true));
      this.$refs.rows.lastElementChild.querySelector("input").focus();
    },
  }));
  // Boxes of a list, with one that ticks all.
  Alpine.data("bulk", () => ({
    all(event) { for (const box of this.$root.querySelectorAll("tbody input[type=checkbox]")) box.checked = event.target.checked; },
  }));
});

document.addEventListener("click", event => {
  const remove = event.target.closest("[data-remove-row]");
  if (remove) {
    const row = remove.parentElement, next = row.nextElementSibling || row.previousElementSibling;
    if (row.parentElement.children.length > 1) row.remove();
    else for (const input of row.querySelectorAll("input")) input.value = "";
    next?.querySelector?.("input")?.focus();
  }
});

// A form is sent once.
document.addEventListener("submit", event => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  addEventListener("pageshow", () => { delete form.dataset.sent; }, { once: true });
});

// Parts that the server sends anew (server-sent events), as HTML of ours.
function listen(part) {
  if (part.listening || !window.EventSource) return;
  const source = part.listening = new EventSource(part.dataset.live);
  source.onmessage = event => { part.innerHTML = event.data; prepare(part); window.htmx?.process(part); };
  source.addEventListener("end", event => { source.close(); if (event.data === "reload") location.reload(); });
}

function colour(kind) {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + kind) ? resolved(`var(--${kind})`) : resolved("var(--accent)");
}
function resolved(value) {
  const probe = document.createElement("i");
  probe.hidden = true; probe.style.color = value; document.body.append(probe);
  const found = getComputedStyle(probe).color; probe.remove();
  return found;
}

function draw(place) {
  if (place.drawn || !window.uPlot) return;
  const given = JSON.parse(place.dataset.chart), language = document.documentElement.lang;
  const stacked = given.stacked ? given.series.map((one, at) => one.values.map((_, x) =>
    given.series.slice(0, at + 1).reduce((sum, each) => sum + (each.values[x] ?? 0), 0))) : given.series.map(one => one.values);
  const order = given.series.map((_, at) => at);
  if (given.stacked) order.reverse(); // what is highest is painted first
  const soft = resolved("var(--soft)"), line = resolved("var(--line)"), font = "12px " + getComputedStyle(document.body).fontFamily;
  const axis = { stroke: soft, font, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  const compact = new Intl.NumberFormat(language, { notation: "compact" }), days = new Intl.DateTimeFormat(language, { month: "short", day: "numeric" });
  place.drawn = new uPlot({
    width: place.clientWidth, height: given.height || 220, legend: { show: false }, cursor: { y: false }, padding: [8, 8, 0, 0],
    scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), Math.max(1, (high ?? 1) * 1.05)] } },
    axes: [{ ...axis, values: (_, ticks) => ticks.map(at => days.format(at * 1000)), space: 64, size: 34 }, { ...axis, values: (_, ticks) => ticks.map(n => compact.format(n)), size: 48 }],
    series: [{}, ...order.map(at => ({
      label: given.series[at].label, stroke: colour(given.series[at].kind || "accent"), width: 1.6, points: { show: given.x.length < 3 },
      fill: given.stacked ? colour(given.series[at].kind || "accent").replace("rgb(", "rgba(").replace(")", ", .72)") : undefined, spanGaps: true,
    }))],
  }, [given.x.map(at => at / 1000), ...order.map(at => stacked[at])], place);
}

function redraw() {
  for (const place of document.querySelectorAll("[data-chart]")) {
    place.drawn?.destroy(); place.drawn = null; draw(place);
  }
}

function prepare(root) {
  for (const part of root.querySelectorAll("[data-live]")) listen(part);
  for (const place of root.querySelectorAll("[data-chart]")) draw(place);
  // Fields that send their form as soon as they change.
  for (const field of root.querySelectorAll("[data-send]")) field.onchange = () => field.form.requestSubmit();
}

document.addEventListener("DOMContentLoaded", () => prepare(document));
document.addEventListener("htmx:after:swap", () => prepare(document));
let waiting;
addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(redraw, 150); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
