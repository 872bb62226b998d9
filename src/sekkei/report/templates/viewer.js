const scenes = JSON.parse(document.getElementById("scenes").textContent);
const viewer = document.getElementById("viewer");
const part = (name) => viewer.querySelector(`[data-part="${name}"]`);
let stage = null;
let shown = 0;

function present(place) {
  shown = (place + scenes.length) % scenes.length;
  const scene = scenes[shown];
  if (!viewer.open) viewer.showModal();
  part("title").textContent = scene.title;
  part("symmetry").textContent = scene.symmetry;
  part("cell").textContent = scene.cell;
  part("legend").replaceChildren(...scene.elements.map(([symbol, colour]) => {
    const entry = document.createElement("li");
    const dot = document.createElement("span");
    dot.className = "dot";
    dot.style.background = colour;
    entry.append(dot, symbol);
    return entry;
  }));
  const label = `${scene.title}, ${scene.symmetry}`;
  if (stage) stage.show(scene, label);
  else stage = new Stage(part("stage"), scene, label);
  stage.canvas.focus();
}

for (const button of document.querySelectorAll("[data-turn]")) {
  button.hidden = false;
  button.addEventListener("click", () => present(Number(button.dataset.turn)));
}
part("before").addEventListener("click", () => present(shown - 1));
part("after").addEventListener("click", () => present(shown + 1));
part("close").addEventListener("click", () => viewer.close());
