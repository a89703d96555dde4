// A pass in large steps: box by box, or layer by layer, and what is said about each.

/**
 * What the reader may step by.
 * @param {Graph} graph
 * @returns {Record<string, string>}
 */
function unitsOf(graph) {
  const boxes = { box: "by box", layer: "by outer box" };
  return { edge: "by edge", node: "by node", ...(graph.boxes.length ? boxes : {}) };
}

/**
 * For each node the box that it is in, or -1: the innermost, or the outermost.
 * @param {Graph} graph
 * @param {string} unit
 */
function placesOf(graph, unit) {
  const places = graph.nodes.map(() => -1);
  graph.boxes.forEach(({ nodes }, box) => {
    for (const node of nodes) if (unit === "box" || places[node] < 0) places[node] = box;  // outer boxes come first
  });
  return places;
}

/**
 * The positions at which the slider and the arrows stop: after every step, or after the last of each node or box.
 * @param {Graph} graph
 * @param {Step[]} steps
 * @param {string} unit
 */
function stopsOf(graph, steps, unit) {
  const places = unit === "box" || unit === "layer" ? placesOf(graph, unit) : null;
  const key = (/** @type {Step | undefined} */ step, /** @type {number} */ i) => (
    !step ? "" : places && places[step.node] >= 0 ? `${step.kind} ${places[step.node]}`
      : unit === "edge" || step.kind !== "edge" ? `${i}` : `of ${step.node}`);
  return [0, ...steps.flatMap((step, i) => (key(step, i) === key(steps[i + 1], i + 1) ? [] : [i + 1]))];
}

/**
 * What the steps from the stop before have done, if they went through a box; null otherwise.
 * @param {Run} run
 * @param {number[]} stops
 * @param {string} unit
 * @returns {[string, string][] | null}
 */
function toldPart({ graph, steps, at, step, grads }, stops, unit) {
  const from = stops[stops.findIndex((stop) => stop >= at) - 1], done = steps.slice(from, at);
  if (!step || done.length < 2) return null;
  const places = placesOf(graph, unit), box = graph.boxes[places[step.node]];
  if (!box) return null;
  const ends = [...new Set(done.map(changedBy))];
  if (step.kind === "forward") {
    const told = [`through ${box.title}: ${counted(done.length, "operation")}`];
    return [["Forward", `${told}, the last is ${graph.name(step.node)} = ${short(graph.data[step.node])}`]];
  }
  const parameters = ends.filter((i) => graph.nodes[i].kind === "parameter");
  const others = ends.filter((i) => !places[i] || places[i] !== places[step.node]);
  const sized = (/** @type {number[]} */ nodes) => (
    listed([...nodes].sort((a, b) => Math.abs(grads[b]) - Math.abs(grads[a]))
      .map((i) => `${graph.name(i)} ${short(grads[i])}`)));
  return [
    ["Backward", `through ${box.title}: ${done.length} contributions`],
    ...(parameters.length ? [["Gradients of parameters, the largest first", sized(parameters)]] : []),
    ...(others.length ? [["Passed on to", sized(others)]] : []),
  ].map(([head, text]) => [head, text]);
}
