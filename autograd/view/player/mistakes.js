// Classic mistakes in a backward pass, and where they show.

/**
 * For each mistake what it is, and how the wrong pass differs from the right one.
 * @param {Graph} graph
 * @returns {Record<string, { why: string, right: BackwardPass, wrong: BackwardPass }>}
 */
function mistakesOn(graph) {
  const gradients = graph.gradients(), leaves = gradients.map((grad, i) => (graph.nodes[i].rule ? 0 : grad));
  return {
    "Overwriting": {
      why: "grad = contribution, where it should be grad += contribution",
      right: {}, wrong: { overwrites: true } },
    "No topological order": {
      why: "nodes pass their gradient on as soon as they are met, breadth first",
      right: {}, wrong: { order: graph.breadthFirst() } },
    "Forgotten zero_grad": {
      why: "the gradients of the step before are still there",
      right: {}, wrong: { before: leaves } },
    "Stale second backward": {
      why: "a second backward() starts the inner nodes from their old gradients: leaves add up, inner nodes must not",
      right: { before: leaves }, wrong: { before: gradients } },
  };
}

/**
 * The first step at which two runs part: 0 when they start apart, null when they never part.
 * @param {Run} run  at its start
 * @param {Run} other  at its start
 */
function parting(run, other) {
  if (run.grads.some((grad, i) => grad !== other.grads[i])) return 0;
  const key = (/** @type {Step} */ step) => (
    step.kind === "forward" ? `${step.node}` : [step.node, step.target, step.before, step.after].join());
  const at = run.steps.findIndex((step, i) => !other.steps[i] || key(step) !== key(other.steps[i]));
  return at < 0 ? null : at + 1;
}

/**
 * In which gradients a run differs from the right one.
 * @param {Run} run
 * @param {Run} other
 */
function wrongIn(run, other) {
  return run.graph.backward.filter((i) => run.grads[i] !== other.grads[i]);
}
