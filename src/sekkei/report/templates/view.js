"use strict";
const scenes = JSON.parse(document.getElementById("scenes").textContent);
for (const holder of document.querySelectorAll("[data-scene]")) {
  new Stage(holder, scenes[Number(holder.dataset.scene)], holder.dataset.label);
}
