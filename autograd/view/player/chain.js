// The chain rule of a node as a sum of products, and each step as a formula.

/** The longest product that is written out, and the most products in a sum. */
const LONGEST = 4, MOST_TERMS = 4;

/**
 * What multiplies in the chain rule: ∂result/∂child, or the local derivative along an edge.
 * @typedef {{ above: number, below: number, number: number, edge: Edge | null }} Factor
 */

/**
 * The product that one edge contributes to the gradient of its operand. Where there is one path from the node to the
 * result, and it is short, it is written out: ∂y/∂s · ∂s/∂p · ∂p/∂w; otherwise as ∂y/∂p · ∂p/∂w.
 * @param {Graph} graph
 * @param {number[]} gradients
 * @param {Edge} edge
 * @returns {Factor[]}
 */
function chainAlong(graph, gradients, [child, k]) {
  const local = (/** @type {Edge} */ [node, i]) => (
    { above: node, below: graph.nodes[node].parents[i], number: graph.partials[node][i], edge: [node, i] });
  const own = /** @type {Factor} */ (local([child, k]));
  if (child === graph.result) return [own];
  /** @type {Edge[]} */
  const path = [];
  let at = child;
  while (at !== graph.result && graph.children[at].length === 1 && path.length < LONGEST) {
    path.unshift(graph.children[at][0]);
    [at] = path[0];
  }
  if (at !== graph.result) return [{ above: graph.result, below: child, number: gradients[child], edge: null }, own];
  return [.../** @type {Factor[]} */ (path.map(local)), own];
}

/**
 * The edges that contribute to a node, in the order of the backward pass, at most some of them, with `edge` among them.
 * @param {Graph} graph
 * @param {number} target
 * @param {Edge} edge
 */
function contributing(graph, target, [node, k]) {
  const all = [...graph.children[target]].sort(([a, i], [b, j]) => b - a || i - j);
  const here = all.findIndex(([child, i]) => child === node && i === k);
  const first = Math.max(0, Math.min(here - 1, all.length - MOST_TERMS));
  return { edges: all.slice(first, first + MOST_TERMS), before: first > 0, after: all.length > first + MOST_TERMS };
}

/**
 * The latest step of a run as formulas.
 * @param {Run} run
 * @returns {MathNode[]}
 */
function formulasOf(run) {
  const { graph, step } = run;
  if (step?.kind === "edge") return [chainFormula(run, step), localFormula(graph, step)];
  const node = step?.node ?? graph.result, name = graph.name(node);
  if (step?.kind === "seed") return [inRow(mathPartial(name, name), math("mo", "="), now(math("mn", "1")))];
  const { call, inputs } = graph.rule(node), { parents } = graph.nodes[node];
  const written = (/** @type {string[]} */ texts) => mathFormula(call, texts, inputs);
  const named = [mathName(name), math("mo", "="), written(parents.map((i) => graph.name(i)))];
  if (!step) return [inRow(...named)];
  return [inRow(...named, math("mo", "="), written(parents.map((i) => short(graph.data[i]))), math("mo", "="),
                now(mathNumber(short(graph.data[node]))))];
}

/**
 * The chain rule with its numbers beneath: ∂y/∂w = ∂y/∂s · ∂s/∂w + …
 * @param {Run} run
 * @param {EdgeStep} step
 * @returns {MathNode}
 */
function chainFormula({ graph, steps, at, grads }, { node, k, target }) {
  const { edges, before, after } = contributing(graph, target, [node, k]), gradients = graph.gradients();
  const flowed = new Set(steps.slice(0, at).flatMap((step) => (
    step.kind === "edge" && step.target === target ? `${step.node}_${step.k}` : [])));
  /** @type {[MathNode, MathNode][]} each a symbol and what stands beneath it */
  const columns = [[mathPartial(graph.name(graph.result), graph.name(target)), mathNumber(short(grads[target]))],
                   both("=")];
  if (before) columns.push(both("⋯"), both("+"));
  edges.forEach((edge, i) => {
    if (i) columns.push(both("+"));
    const lit = edge[0] === node && edge[1] === k, known = flowed.has(edge.join("_"));
    chainAlong(graph, gradients, edge).forEach((factor, j, factors) => {
      if (j) columns.push(both("·"));
      columns.push(factorColumn(graph, factor, lit && j === factors.length - 1, known, j > 0));
    });
  });
  if (after) columns.push(both("+"), both("⋯"));
  const row = (/** @type {0 | 1} */ i) => math("mtr", ...columns.map((column) => math("mtd", column[i])));
  return withAttributes({ displaystyle: "true" }, math("mtable", row(0), row(1)));
}

/**
 * @param {Graph} graph
 * @param {Factor} factor
 * @param {boolean} lit
 * @param {boolean} known
 * @param {boolean} bracketed  whether a negative number needs brackets
 * @returns {[MathNode, MathNode]}
 */
function factorColumn(graph, { above, below, number, edge }, lit, known, bracketed) {
  const looks = { class: lit ? "now" : known ? "" : "unknown", ...(edge ? { "data-edge": edge.join("_") } : {}) };
  const text = short(number), written = mathNumber(text);
  const beneath = bracketed && text.startsWith("−") ? math("mrow", bracket("("), written, bracket(")")) : written;
  return [withAttributes(looks, mathPartial(graph.name(above), graph.name(below))),
          withAttributes(looks, math("mrow", known ? beneath : math("mo", "?")))];
}

/**
 * A sign that stands in both rows.
 * @param {string} sign
 * @returns {[MathNode, MathNode]}
 */
function both(sign) {
  return [math("mo", sign), math("mo", sign)];
}

/**
 * The local derivative of a step: ∂s/∂w = x = 2.
 * @param {Graph} graph
 * @param {EdgeStep} step
 * @returns {MathNode}
 */
function localFormula(graph, { node, k, target, partial }) {
  const { template, variables, names, numbers } = partialTemplate(graph, node, k);
  const sides = [names, numbers].map((texts) => mathFormula(template, texts, variables));
  const number = mathNumber(short(partial)), written = new Set();
  const parts = [...sides, number].filter((side) => {
    const key = JSON.stringify(side), isNew = !written.has(key);
    written.add(key);
    return isNew;
  });
  const local = now(mathPartial(graph.name(node), graph.name(target)));
  const { call, inputs } = graph.rule(node);
  return inRow(mathName(graph.name(node)), math("mo", "="), mathFormula(call, names, inputs), math("mo", "⇒"), local,
               ...parts.flatMap((side) => [math("mo", "="), side]));
}

/**
 * What happens now.
 * @param {MathNode} node
 * @returns {MathNode}
 */
function now(node) {
  return withAttributes({ class: "now" }, node);
}

/**
 * @param {...MathNode} nodes
 * @returns {MathNode}
 */
function inRow(...nodes) {
  return math("mrow", ...nodes);
}
