/** The same pass with a classic mistake, beside the right one. */
class Mistakes extends Mode {
  static about = "A pass with a classic mistake beside the right one";
  kind = "Overwriting";
  /** @type {number | null} the first step at which the passes part */
  parted = null;
  text = element("p");
  jump = element("button", { onclick: () => this.player.go(this.parted ?? 0) }, "Go where they part");
  here = element("p", { class: "verdict", role: "status" });
  /** @type {Pane<Picture> | null} */
  pane = null;

  /** @param {HTMLElement} desk */
  enter(desk) {
    const { player } = this, options = Object.keys(mistakesOn(this.graph)).map((kind) => element("option", {}, kind));
    const select = element("select", { onchange: () => this.start(select.value) }, ...options);
    select.value = this.kind;
    desk.append(element("label", {}, "mistake ", select), this.text, this.jump, this.here);
    const second = (player.detail ?? player.panes[0]).picture.copy();
    this.pane = new Pane(player, element("div", { class: "pane" }), second);
    this.pane.frame.classList.add("mistaken");
    player.views.Graph.element.append(this.pane.frame);
    player.panes.push(this.pane);
    player.refit();
    const kinds = Object.keys(mistakesOn(this.graph));
    this.start(kinds.find((kind) => this.changes(kind)) ?? this.kind);
    select.value = this.kind;
  }

  /**
   * Whether a mistake changes a gradient at the end of the pass.
   * @param {string} kind
   */
  changes(kind) {
    const { wrong, right } = mistakesOn(this.graph)[kind];
    const ends = [right, wrong].map((pass) => {
      const run = new Run(this.graph, this.graph.steps(pass), pass.before);
      run.go(Infinity);
      return run;
    });
    return wrongIn(ends[0], ends[1]).length > 0;
  }

  /** @param {string} kind */
  start(kind) {
    const { graph, player, pane } = this, { why, wrong, right } = mistakesOn(graph)[kind];
    if (!pane) return;
    const run = new PaintedRun(graph, player.pictures, graph.steps(right), right.before);
    player.other = new PaintedRun(graph, [pane.picture], graph.steps(wrong), wrong.before);
    this.kind = kind;
    this.parted = parting(run, player.other);
    const where = this.parted === null ? "On this graph it changes nothing, which is how it goes unnoticed."
      : this.parted ? `They part at step ${this.parted}.` : "They part before the first step: look at the gradients.";
    this.text.textContent = `${why}. ${where}`;
    this.jump.disabled = this.parted === null;
    player.start(run, this.parted ?? 0);
    player.mark(this.parted);
  }

  stepped() {
    const { run, other } = this.player;
    if (!other || !this.pane) return;
    const wrong = wrongIn(run, other), isWrong = new Set(wrong);
    for (const [i, { group }] of this.pane.picture.nodes) group.classList.toggle("wrong", isWrong.has(i));
    this.here.classList.toggle("wrong", wrong.length > 0);
    const differences = wrong.map((i) => (
      `${this.graph.name(i)} ${short(other.grads[i])}, not ${short(run.grads[i])}`));
    this.here.textContent = wrong.length ? `Different now: ${listed(differences)}` : "No difference yet.";
  }

  leave() {
    const { player } = this;
    this.pane?.remove();
    player.mark(null);
    player.panes.pop();
    player.other = null;
    player.reload();
    player.refit();
  }
}
