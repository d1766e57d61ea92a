"use strict";
// Without this script every table is whole and readable: it adds sorting, and opens what is folded for printing.

function rank(cell, numeric) {
  if (!numeric) return cell.textContent.trim();
  return "value" in cell.dataset ? Number(cell.dataset.value) : null;
}

function compare(a, b, numeric) {
  return numeric ? a - b : a.localeCompare(b, "en", { numeric: true });
}

function sortBy(table, place, direction) {
  const body = table.tBodies[0];
  const numeric = table.tHead.rows[0].cells[place].classList.contains("number");
  const ranked = [...body.rows].map((row) => ({ row, key: rank(row.cells[place], numeric) }));
  // What has no figure stays last, whichever way the rest is sorted.
  const present = ranked.filter((each) => each.key !== null);
  const absent = ranked.filter((each) => each.key === null);
  present.sort((a, b) => direction * compare(a.key, b.key, numeric));
  body.append(...[...present, ...absent].map((each) => each.row));
}

function choose(table, header) {
  const up = header.getAttribute("aria-sort") !== "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", up ? "ascending" : "descending");
  sortBy(table, header.cellIndex, up ? 1 : -1);
  document.getElementById("said").textContent =
    `${table.caption.textContent}: sorted by ${header.textContent}, ${up ? "ascending" : "descending"}`;
}

for (const table of document.querySelectorAll("table.sortable")) {
  for (const header of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => choose(table, header));
    header.append(button);
  }
}

// A region that has nothing to scroll is no stop for the keyboard.
function stops() {
  for (const region of document.querySelectorAll(".scroll")) {
    region.tabIndex = region.scrollWidth > region.clientWidth ? 0 : -1;
  }
}
stops();
addEventListener("resize", stops);
document.addEventListener("toggle", stops, true);

let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  for (const details of opened) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of opened) details.open = false;
});
