// How the result changes when a node is moved a little.

/**
 * The result when a node is moved by h, or NaN where that is outside a domain.
 * @param {Graph} graph
 * @param {number} node
 * @param {number} h
 */
function resultAfter(graph, node, h) {
  try {
    return graph.values(graph.data, new Map([[node, graph.data[node] + h]]))[graph.result];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return NaN;
  }
}

/**
 * The symmetric difference quotient.
 * @param {Graph} graph
 * @param {number} node
 * @param {number} h
 */
function differenceQuotient(graph, node, h) {
  return (resultAfter(graph, node, h) - resultAfter(graph, node, -h)) / (2 * h);
}

/**
 * The relative errors of the difference quotients for h = 10 ** -power, where they exist: [powers, errors].
 * @param {Graph} graph
 * @param {number} node
 */
function quotientErrors(graph, node) {
  const gradient = graph.gradients()[node];
  const error = (/** @type {number} */ power) => (
    Math.abs(differenceQuotient(graph, node, 10 ** -power) - gradient) / (Math.abs(gradient) || 1));
  const powers = Array.from({ length: 15 }, (_, k) => k + 1).filter((power) => Number.isFinite(error(power)));
  return [powers, powers.map(error)];
}
