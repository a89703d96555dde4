/** The steps of the optimiser: graph, loss curve and decision boundary, frame by frame. */
class Training extends Mode {
  static about = "The steps of the optimiser: loss and decision boundary";

  /** @param {PageData} data */
  static fits({ training }) {
    return training !== null;
  }

  /** @param {Player} player */
  constructor(player) {
    super(player);
    this.record = /** @type {TrainingData} */ (player.training);
    this.last = this.record.frames.length - 1;
    this.slider = element("input", { type: "range", min: 0, max: this.last, step: 1, value: 0,
                                     "aria-label": "Step of the optimiser",
                                     oninput: () => this.show(this.slider.valueAsNumber) });
    this.count = element("span");
    player.controls.bar.prepend(element("div", { class: "training" }, "training ", this.slider, this.count));
    this.panel = element("div");
    this.show(0);
  }

  /** @param {HTMLElement} desk */
  enter(desk) {
    desk.append(this.panel);
  }

  /** @param {number} at */
  show(at) {
    const { frames, about, plane } = this.record, frame = frames[at];
    const { player } = this, { graph } = player.graphs[frame.graph];
    graph.restore();
    if (Object.keys(frame.leaves).length) graph.recompute(graph.data.map((number, i) => frame.leaves[i] ?? number));
    this.count.textContent = `${at} of ${this.last}, loss ${short(frame.loss)}`;
    this.slider.setAttribute("aria-valuetext", this.count.textContent);
    const curve = plot(`Loss over the steps of the optimiser: ${short(frame.loss)} now`,
                       lossChart(frames.map(({ loss }) => loss)), at);
    this.panel.replaceChildren(curve, ...(plane ? [boundary(plane, at)] : []),
                               element("p", {}, `The graph shows ${about}.`));
    player.during(() => (player.graph === graph ? player.reload() : player.show(frame.graph)));
  }

  restore() {
    this.show(this.slider.valueAsNumber);
  }
}

// The outlines of the examples of each class: disc, square, triangle, diamond.
const OUTLINES = ["M-4.5,0a4.5,4.5 0 1,0 9,0a4.5,4.5 0 1,0 -9,0", "M-4,-4h8v8h-8z", "M0,-5l5,9h-10z",
                  "M0,-5l5,5l-5,5l-5,-5z"];

/**
 * What the model says over the plane, and the examples.
 * @param {Plane} plane
 * @param {number} at
 */
function boundary({ ranges, points, grids, grid, outputs, classes }, at) {
  const description = `What the model says over the plane, and the examples of the classes ${classes.join(", ")}`;
  const svg = drawn("svg", { viewBox: "0 0 300 300", role: "img", "aria-label": description });
  const field = drawn("g", { "shape-rendering": "crispEdges" });
  const bytes = Uint8Array.from(atob(grids[at]), (c) => c.charCodeAt(0));
  field.append(...boundaryCells(bytes, grid, outputs).map(({ x, y, side, kind, opacity }) => (
    drawn("rect", { x, y, width: side, height: side, class: `class${kind % 6}`, "fill-opacity": opacity.toFixed(2) }))));
  svg.append(field, ...points.map(([a, b, kind]) => {
    const [x, y] = boundaryPoint(ranges, a, b);
    return drawn("path", { transform: `translate(${x} ${y})`, class: `point class${kind % 6}`, d: OUTLINES[kind % 4] });
  }));
  return svg;
}
