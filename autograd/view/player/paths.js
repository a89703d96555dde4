// The paths from a node to the result: the gradient is the sum of the products along them.

/**
 * How many paths lead from a node to the result. A BigInt: their number doubles with each x + x.
 * @param {Graph} graph
 * @param {number} from
 */
function pathCount(graph, from) {
  const count = graph.nodes.map(() => 0n);
  count[graph.result] = 1n;
  for (let i = graph.result - 1; i >= from; i--) for (const [child] of graph.children[i]) count[i] += count[child];
  return count[from];
}

/**
 * Up to `most` paths from a node to the result, each a list of edges.
 * @param {Graph} graph
 * @param {number} from
 * @param {number} most
 * @returns {Edge[][]}
 */
function pathsFrom(graph, from, most) {
  /** @typedef {{ edge: Edge, before: Trail } | null} Trail */
  /** @type {[number, Trail][]} */
  const waiting = [[from, null]], found = [];
  while (waiting.length && found.length < most) {
    const [at, trail] = /** @type {[number, Trail]} */ (waiting.pop());
    if (at === graph.result) {
      /** @type {Edge[]} */
      const path = [];
      for (let part = trail; part; part = part.before) path.unshift(part.edge);
      found.push(path);
    }
    for (const edge of [...graph.children[at]].reverse()) waiting.push([edge[0], { edge, before: trail }]);
  }
  return found;
}

/**
 * The partial derivatives along a path.
 * @param {Graph} graph
 * @param {Edge[]} path
 */
function partialsAlong(graph, path) {
  return path.map(([child, k]) => graph.partials[child][k]);
}

/** @param {number[]} factors */
function productOf(factors) {
  return factors.reduce((a, b) => a * b, 1);
}

/**
 * A path in text: the names along it, and the product of the partial derivatives.
 * @param {Graph} graph
 * @param {number} from
 * @param {Edge[]} path
 */
function toldPath(graph, from, path) {
  const names = [from, ...path.map(([child]) => child)].map((i) => graph.name(i)).join(" → ");
  const factors = partialsAlong(graph, path);
  const numbers = factors.map((factor, i) => (i ? bracketed(short(factor)) : short(factor)));
  const product = numbers.length > 8 ? `${numbers.length} factors` : numbers.join(" × ") || "1";
  return [names, `${product} = ${short(productOf(factors))}`];
}

/**
 * What the products of `paths` from a node add up to.
 * @param {Graph} graph
 * @param {number} from
 * @param {Edge[][]} paths
 */
function toldSum(graph, from, paths) {
  const count = pathCount(graph, from), gradient = short(graph.gradients()[from]);
  const sum = short(paths.map((path) => productOf(partialsAlong(graph, path))).reduce((a, b) => a + b, 0));
  return BigInt(paths.length) === count ? `Together: ${sum}, the gradient of ${graph.name(from)}: ${gradient}.`
    : `${paths.length} of ${count.toLocaleString("en")} paths are shown. They add up to ${sum}; all of them `
      + `to the gradient, ${gradient}.`;
}
