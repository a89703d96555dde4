// What a step does, in words.

/**
 * The partial derivative on an edge: [with names, with numbers].
 * @param {Graph} graph
 * @param {number} node
 * @param {number} k
 */
function writtenPartial(graph, node, k) {
  const { template, variables, names, numbers } = partialTemplate(graph, node, k);
  return [names, numbers].map((texts) => filled(template, texts, variables));
}

/**
 * The formula of the partial derivative on an edge, in the branch that applies: its template and variables, and the
 * names and numbers to fill in.
 * @param {Graph} graph
 * @param {number} node
 * @param {number} k
 */
function partialTemplate(graph, node, k) {
  const { parents } = graph.nodes[node], { inputs, shown } = graph.rule(node);
  const point = [...parents.map((parent) => graph.data[parent]), graph.data[node]];
  const [, template] = /** @type {Branch} */ (shown[k].find(([holds]) => holds(...point)));
  const names = [...parents, node].map((i) => graph.name(i));
  return { template, variables: [...inputs, "out"], names, numbers: point.map(short) };
}

/**
 * The operation of a node: [with names, with numbers].
 * @param {Graph} graph
 * @param {number} node
 */
function writtenOperation(graph, node) {
  const { parents } = graph.nodes[node], { inputs, call } = graph.rule(node);
  return [filled(call, parents.map((parent) => graph.name(parent)), inputs),
          filled(call, parents.map((parent) => short(graph.data[parent])), inputs)];
}

/**
 * What a run's latest step does, in lines of [heading, text], the first of which is also spoken.
 * @param {Run} run
 * @returns {[string, string][]}
 */
function told(run) {
  const { step, graph: { failure, nodes } } = run;
  const lines = step ? toldStep(run, step) : toldStart();
  if (failure && run.at === run.steps.length) lines.push(["Failed", `The next operation raised an error. ${failure}`]);
  const code = step && nodes[step.node].line;
  return code ? [...lines, ["Code", code]] : lines;
}

/**
 * @param {Run} run
 * @param {Step} step
 * @returns {[string, string][]}
 */
function toldStep(run, step) {
  return { forward: toldForward, seed: toldSeed, edge: toldEdge }[step.kind](run, /** @type {any} */ (step));
}

/** @returns {[string, string][]} */
function toldStart() {
  return [
    ["Start", "The leaves have their numbers."],
    ["Passes", "The forward pass computes each node from its operands. The backward pass then goes from the result to the "
      + "leaves, in the order of the small numbers at the nodes."],
    ["Words", "The gradient of a node is ∂result/∂node; books also call it the adjoint. A local derivative is that of "
      + "one operation, ∂out/∂input."],
    ["Colours", "Blue is a positive gradient, orange and dashed a negative one; the stronger, the larger."],
    ["Keys", "← and → step, Home and End go to the ends, space plays. Tab reaches the nodes; ↑ and ↓ go from node to "
      + "node, Enter picks one."],
    ["Mouse", "A click on a node shows its paths to the result; a click on a box opens it. The wheel zooms, dragging "
      + "moves."],
  ];
}

/**
 * @param {Run} run
 * @param {ForwardStep} step
 * @returns {[string, string][]}
 */
function toldForward({ graph }, { node }) {
  const [named, numbered] = writtenOperation(graph, node), { about, inputs } = graph.rule(node);
  const sentence = `${graph.name(node)} = ${named} = ${numbered} = ${short(graph.data[node])}`;
  const rule = filled(about, graph.nodes[node].parents.map((parent) => graph.name(parent)), inputs);
  return rule ? [["Forward", sentence], ["Rule", rule]] : [["Forward", sentence]];
}

/**
 * @param {Run} run
 * @param {SeedStep} step
 * @returns {[string, string][]}
 */
function toldSeed({ graph }, { node }) {
  const result = graph.name(node);
  return [["Backward", `${result} is the result: its gradient is ∂${result}/∂${result} = 1.`]];
}

/**
 * @param {Run} run
 * @param {EdgeStep} step
 * @returns {[string, string][]}
 */
function toldEdge(run, { node, k, target, adjoint, partial, product, before, after }) {
  const { graph } = run, from = graph.name(node), to = graph.name(target), local = `∂${from}/∂${to}`;
  const [named, numbered] = writtenPartial(graph, node, k), number = short(partial);
  const times = `${short(adjoint)} × ${bracketed(number)} = ${short(product)}`;
  return [
    ["Backward", `${from} contributes to ${to}: ${times}`],
    ["Rule", `${from} = ${writtenOperation(graph, node)[0]}`],
    ["Local derivative", [local, ...new Set([named, numbered, number])].join(" = ")],
    ["Chain rule", `gradient of ${from} × ${local} = ${times}`],
    ["Sum", `gradient of ${to}: ${short(before)} + ${bracketed(short(product))} = ${short(after)}`],
    ["Order", `${toldWait(graph, node)} ${toldState(run, target)}`],
  ];
}

/**
 * Why a node may pass its gradient on.
 * @param {Graph} graph
 * @param {number} node
 */
function toldWait(graph, node) {
  const name = graph.name(node), sources = graph.sources(node).map((i) => graph.name(i));
  if (!sources.length) return `${name} goes first: nothing depends on it.`;
  const all = sources.length === 1 ? "that contribution" : "all these contributions";
  return `${name} had to wait for ${listed(sources)}: only with ${all} was its gradient complete.`;
}

/**
 * Whether a node's gradient is complete, or what it waits for.
 * @param {Run} run
 * @param {number} target
 */
function toldState({ graph, steps, at, grads }, target) {
  const name = graph.name(target), missing = missingAt(steps, at, target).map((i) => graph.name(i));
  return missing.length ? `${name} still waits for ${listed(missing)}.`
    : `${name} is complete now: ${short(grads[target])}.`;
}

/**
 * The nodes whose contribution to `target` has not arrived by step `at`.
 * @param {Step[]} steps
 * @param {number} at
 * @param {number} target
 */
function missingAt(steps, at, target) {
  const later = steps.slice(at).filter((step) => step.kind === "edge" && step.target === target);
  return [...new Set(later.map((step) => step.node))];
}
