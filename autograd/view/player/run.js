// A position in the steps of one pass, which can be moved forwards and backwards.

class Run {
  /**
   * @param {Graph} graph
   * @param {Step[]} steps
   * @param {number[]} [before]  the gradients at the start; 0 if left out
   */
  constructor(graph, steps, before) {
    this.graph = graph;
    this.steps = steps;
    this.at = 0;
    this.known = graph.nodes.map((node) => node.rule === null);
    this.grads = graph.nodes.map((_, i) => before?.[i] ?? 0);
    this.largestGrad = largestSize(steps.flatMap((step) => (step.kind === "forward" ? [] : step.after)));
    this.largestProduct = largestSize(steps.flatMap((step) => (step.kind === "edge" ? step.product : [])));
  }

  /** The step that was done last, if any. */
  get step() {
    return this.steps[this.at - 1];
  }

  /**
   * Go to a position; returns the steps on the way that were done or undone.
   * @param {number} to
   */
  go(to) {
    const from = this.at;
    while (this.at < to && this.at < this.steps.length) this.take(this.steps[this.at++], true);
    while (this.at > to && this.at > 0) this.take(this.steps[--this.at], false);
    return this.steps.slice(Math.min(from, this.at), Math.max(from, this.at));
  }

  /**
   * Do a step, or undo it.
   * @param {Step} step
   * @param {boolean} forwards
   */
  take(step, forwards) {
    if (step.kind === "forward") this.known[step.node] = forwards;
    else this.grads[step.target] = forwards ? step.after : step.before;
  }
}

/**
 * The node whose numbers a step changes.
 * @param {Step} step
 */
function changedBy(step) {
  return step.kind === "forward" ? step.node : step.target;
}
