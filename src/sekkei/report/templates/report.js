"use strict";
const status = document.getElementById("status");

async function copy(text, words) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // A page opened from disk may not use the clipboard interface everywhere.
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  status.textContent = words;
  setTimeout(() => { status.textContent = ""; }, 2000);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.copy !== undefined) copy(button.dataset.copy, "Copied " + button.dataset.copy);
  if (button.id === "copy-all") {
    const texts = [...document.querySelectorAll("#all tbody [data-copy]")].map((one) => one.dataset.copy);
    copy(texts.join("\n") + "\n", "Copied " + texts.length + " structures");
  }
  const head = button.closest("#all th");
  if (head) sort(head);
});

function sort(head) {
  const body = head.closest("table").tBodies[0];
  const column = head.cellIndex;
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const value = (row) => row.cells[column].dataset.v;
  const rows = [...body.rows].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    // A missing value stays at the end either way.
    if (x === "" || y === "") return (x === "") - (y === "");
    const order = head.dataset.text === undefined ? Number(x) - Number(y) : x < y ? -1 : Number(x > y);
    return down ? -order : order;
  });
  body.append(...rows);
}
