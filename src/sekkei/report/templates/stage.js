const START = [[0.94, -0.34, 0.0], [0.11, 0.3, 0.95], [-0.32, -0.89, 0.32]];

const times = (a, b) => a.map((row) => [0, 1, 2].map((k) => row[0] * b[0][k] + row[1] * b[1][k] + row[2] * b[2][k]));
const turned = (m, p) => m.map((row) => row[0] * p[0] + row[1] * p[1] + row[2] * p[2]);
const around = (axis, angle) => {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return axis === "y" ? [[c, 0, s], [0, 1, 0], [-s, 0, c]] : [[1, 0, 0], [0, c, -s], [0, s, c]];
};

function shade(hex, factor) {
  const parts = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const mixed = parts.map((part) => Math.round(factor > 0 ? part + (255 - part) * factor : part * (1 + factor)));
  return `rgb(${mixed.join(",")})`;
}

class Stage {
  constructor(holder, scene, label) {
    this.canvas = document.createElement("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    holder.replaceChildren(this.canvas);
    this.show(scene, label);
    this.listen();
    new ResizeObserver(() => this.draw()).observe(holder);
  }

  show(scene, label) {
    this.scene = scene;
    this.canvas.setAttribute("aria-label", label);
    const largest = Math.max(...scene.elements.map((element) => element[2]));
    const points = [...scene.corners, ...scene.atoms.map((atom) => atom.slice(1))];
    this.reach = Math.max(...points.map((point) => Math.hypot(...point))) + largest;
    this.reset();
    this.draw();
  }

  reset() {
    this.view = START;
    this.zoom = 1;
  }

  turn(right, down) {
    this.view = times(around("x", down), times(around("y", right), this.view));
    this.draw();
  }

  grow(factor) {
    this.zoom = Math.min(6, Math.max(0.3, this.zoom * factor));
    this.draw();
  }

  listen() {
    let last = null;
    this.canvas.addEventListener("pointerdown", (event) => {
      last = [event.clientX, event.clientY];
      this.canvas.setPointerCapture(event.pointerId);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!last) return;
      this.turn((event.clientX - last[0]) * 0.01, (event.clientY - last[1]) * 0.01);
      last = [event.clientX, event.clientY];
    });
    for (const end of ["pointerup", "pointercancel"]) this.canvas.addEventListener(end, () => { last = null; });
    this.canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.grow(Math.exp(-event.deltaY * 0.001));
    }, { passive: false });
    this.canvas.addEventListener("dblclick", () => { this.reset(); this.draw(); });
    this.canvas.addEventListener("keydown", (event) => {
      const turns = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] };
      if (turns[event.key]) this.turn(...turns[event.key]);
      else if (event.key === "+" || event.key === "-") this.grow(event.key === "+" ? 1.1 : 1 / 1.1);
      else return;
      event.preventDefault();
    });
  }

  draw() {
    const density = window.devicePixelRatio || 1;
    const [width, height] = [this.canvas.clientWidth, this.canvas.clientHeight];
    this.canvas.width = width * density;
    this.canvas.height = height * density;
    const pen = this.canvas.getContext("2d");
    pen.scale(density, density);
    pen.translate(width / 2, height / 2);
    const size = (this.zoom * Math.min(width, height)) / (2 * this.reach);
    const place = (point) => {
      const [x, y, z] = turned(this.view, point);
      return [x * size, -y * size, z];
    };
    const atoms = this.scene.atoms.map((atom) => [atom[0], ...place(atom.slice(1))]);
    const pieces = [
      ...this.edges(pen, this.scene.corners.map(place)),
      ...this.sticks(pen, atoms, size),
      ...atoms.map((atom) => [atom[3], () => this.ball(pen, atom, size)]),
    ];
    pieces.sort((a, b) => a[0] - b[0]);
    for (const [, paint] of pieces) paint();
  }

  fade(depth) {
    return Math.max(0, Math.min(0.55, 0.28 * (1 - depth / this.reach)));
  }

  edges(pen, corners) {
    const found = [];
    for (let a = 0; a < 8; a += 1) for (const bit of [1, 2, 4]) if (!(a & bit)) found.push([corners[a], corners[a | bit]]);
    return found.map(([from, to]) => [Math.min(from[2], to[2]), () => line(pen, from, to, "#8a94a0", 1)]);
  }

  sticks(pen, atoms, size) {
    return this.scene.bonds.flatMap(([a, b]) => {
      const [one, two] = [atoms[a], atoms[b]];
      const middle = [1, 2, 3].map((k) => (one[k] + two[k]) / 2);
      return [one, two].map((end) => {
        const [, hex, radius] = this.scene.elements[end[0]];
        const [x, y, z] = end.slice(1);
        const gaps = [middle[0] - x, middle[1] - y, (middle[2] - z) * size];
        const inside = Math.min(1, (0.85 * radius * size) / Math.hypot(...gaps)); // the part that the ball hides
        const from = [x + inside * gaps[0], y + inside * gaps[1]];
        return [(z + middle[2]) / 2, () => line(pen, from, middle, shade(hex, -0.12), 0.18 * size)];
      });
    });
  }

  ball(pen, [kind, x, y, z], size) {
    const [, colour, radius] = this.scene.elements[kind];
    const r = radius * size;
    const light = pen.createRadialGradient(x - 0.35 * r, y - 0.35 * r, 0.1 * r, x, y, r);
    const pale = this.fade(z);
    light.addColorStop(0, shade(colour, Math.min(0.85, 0.6 + pale)));
    light.addColorStop(0.5, shade(colour, pale));
    light.addColorStop(1, shade(colour, pale - 0.35));
    pen.fillStyle = light;
    pen.beginPath();
    pen.arc(x, y, r, 0, 2 * Math.PI);
    pen.fill();
    pen.strokeStyle = "rgba(20,28,40,0.35)";
    pen.lineWidth = 0.6;
    pen.stroke();
  }
}

function line(pen, from, to, colour, width) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.lineCap = "round";
  pen.beginPath();
  pen.moveTo(from[0], from[1]);
  pen.lineTo(to[0], to[1]);
  pen.stroke();
}
