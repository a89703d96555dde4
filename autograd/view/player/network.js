// A graph as a network: neurons in layers, and weights between them. Found from the operations alone: a neuron is a sum
// of products of weights, with the function of one operand that follows it.

/**
 * A circle of the network. `node` is the one whose numbers it shows.
 * @typedef {{ kind: "input" | "neuron" | "other" | "result", node: number, nodes: number[], bias: number | null }} Cell
 * A line: `weight` times the value of the cell `from` goes into the cell `to`.
 * @typedef {{ from: number, to: number, weight: number, product: number }} Link
 * One pass through the network; cells are in columns from the inputs to the result, by their indices. `flows` are pairs
 * of cells of which the second is computed from the first without a weight.
 * @typedef {{ cells: Cell[], links: Link[], flows: [number, number][], columns: number[][] }} Pass
 * What is found first: a sum, its terms, and what follows.
 * @typedef {{ nodes: number[], out: number, bias: number | null, terms: { weight: number, product: number,
 *             source: number }[] }} Neuron
 */

/**
 * The passes through the network that a graph holds: one for each time that its neurons were applied.
 * @param {Graph} graph
 * @returns {Pass[]}
 */
function networkPasses(graph) {
  const neurons = neuronsOf(graph);
  /** @type {Map<number, number>} how often a weight has been met */
  const met = new Map();
  /** @type {Neuron[][]} */
  const passes = [];
  for (const neuron of neurons) {
    const { weight } = neuron.terms[0], number = met.get(weight) ?? 0;
    met.set(weight, number + 1);
    (passes[number] ??= []).push(neuron);
  }
  return passes.map((of) => passOf(graph, of));
}

/**
 * @param {Graph} graph
 * @returns {Neuron[]}
 */
function neuronsOf(graph) {
  const inner = innermostBoxes(graph), { nodes, children } = graph;
  const onlyChild = (/** @type {number} */ i) => (children[i].length === 1 ? children[i][0][0] : -1);
  const sameBox = (/** @type {number} */ a, /** @type {number} */ b) => inner[a] === inner[b];
  const goesOn = (/** @type {number} */ i) => {
    const child = onlyChild(i);
    return child >= 0 && nodes[child].rule === "add" && sameBox(i, child);
  };
  /** @type {Neuron[]} */
  const found = [];
  nodes.forEach(({ rule }, i) => {
    if ((rule !== "add" && rule !== "mul") || goesOn(i)) return;
    const neuron = readSum(graph, i, (at) => goesOn(at));
    if (!neuron.terms.length) return;
    const next = onlyChild(i);
    if (next >= 0 && nodes[next].rule && new Set(nodes[next].parents).size === 1 && nodes[next].parents.length === 1
        && sameBox(i, next)) {
      neuron.nodes.push(next);
      neuron.out = next;
    }
    found.push(neuron);
  });
  return found;
}

/**
 * The innermost box of each node, or -1.
 * @param {Graph} graph
 */
function innermostBoxes(graph) {
  return placesOf(graph, "box");
}

/**
 * A sum, or a single product, taken apart.
 * @param {Graph} graph
 * @param {number} root
 * @param {(node: number) => boolean} isInner  whether a node is only a part of a larger sum
 * @returns {Neuron}
 */
function readSum(graph, root, isInner) {
  const { nodes } = graph, waiting = [root];
  /** @type {Neuron} */
  const neuron = { nodes: [], out: root, bias: null, terms: [] };
  while (waiting.length) {
    const at = /** @type {number} */ (waiting.pop()), { rule, parents } = nodes[at];
    if (rule === "add" && (at === root || isInner(at))) {
      neuron.nodes.push(at);
      waiting.push(...[...parents].reverse());
    } else if (rule === "mul" && (at === root || isInner(at)) && parents.filter((i) => isWeight(graph, i)).length === 1) {
      const weight = /** @type {number} */ (parents.find((i) => isWeight(graph, i)));
      neuron.terms.push({ weight, product: at, source: parents[0] === weight ? parents[1] : parents[0] });
    } else if (rule === null && neuron.bias === null && !nodes[at].constant) neuron.bias = at;
  }
  return neuron;
}

/**
 * Whether a leaf is a weight: a parameter, or named like one.
 * @param {Graph} graph
 * @param {number} node
 */
function isWeight(graph, node) {
  const { kind, rule, name } = graph.nodes[node];
  return rule === null && (kind === "parameter" || (kind === "input" && /^w/i.test(name)));
}

/**
 * One pass, as cells in columns and links between them.
 * @param {Graph} graph
 * @param {Neuron[]} neurons
 * @returns {Pass}
 */
function passOf(graph, neurons) {
  /** @type {Cell[]} */
  const cells = [];
  /** @type {Map<number, number>} the cell that shows a node */
  const cellOf = new Map();
  const add = (/** @type {Cell["kind"]} */ kind, /** @type {number} */ node, nodes = [node],
               /** @type {number | null} */ bias = null) => {
    cellOf.set(node, cells.length);
    return cells.push({ kind, node, nodes, bias }) - 1;
  };
  for (const { nodes, out, bias } of neurons) add("neuron", out, nodes, bias);
  /** @type {Link[]} */
  const links = neurons.flatMap(({ terms, out }) => terms.map(({ source, weight, product }) => ({
    from: cellOf.get(source) ?? add(graph.nodes[source].rule === null ? "input" : "other", source),
    to: /** @type {number} */ (cellOf.get(out)), weight, product })));
  if (!cellOf.has(graph.result)) add("result", graph.result);
  return { cells, links, flows: flowsOf(graph, cells, cellOf), columns: columnsOf(graph, cells, cellOf) };
}

/**
 * For each cell that is no neuron, the cells that it is computed from.
 * @param {Graph} graph
 * @param {Cell[]} cells
 * @param {Map<number, number>} cellOf
 * @returns {[number, number][]}
 */
function flowsOf(graph, cells, cellOf) {
  return cells.flatMap(({ node, kind }, to) => {
    /** @type {Set<number>} */
    const seen = new Set(), found = new Set(), waiting = kind === "neuron" ? [] : [...graph.nodes[node].parents];
    while (waiting.length) {
      const at = /** @type {number} */ (waiting.pop()), cell = cellOf.get(at);
      if (seen.has(at)) continue;
      seen.add(at);
      if (cell !== undefined) found.add(cell);
      else waiting.push(...graph.nodes[at].parents);
    }
    return [...found].map((from) => /** @type {[number, number]} */ ([from, to]));
  });
}

/**
 * The cells by columns: each to the right of all that it is computed from.
 * @param {Graph} graph
 * @param {Cell[]} cells
 * @param {Map<number, number>} cellOf
 */
function columnsOf(graph, cells, cellOf) {
  /** @type {number[]} for each node how many cells are passed on the way to it */
  const depth = [];
  graph.nodes.forEach(({ parents }, i) => {
    const before = Math.max(-1, ...parents.map((parent) => depth[parent]));
    depth[i] = before + Number(cellOf.has(i));
  });
  /** @type {number[][]} */
  const columns = [];
  cells.forEach(({ node, kind }, i) => {
    const column = kind === "input" ? 0 : depth[node];
    (columns[column] ??= []).push(i);
  });
  return columns.filter(Boolean).map((column) => column.sort((a, b) => (
    natural(graph.name(cells[a].node), graph.name(cells[b].node)))));
}

/**
 * The part of a pass that shows a node: a cell or a link, by its index.
 * @param {Pass} pass
 * @returns {Map<number, { cell?: number, link?: number }>}
 */
function partsByNode({ cells, links }) {
  /** @type {Map<number, { cell?: number, link?: number }>} */
  const parts = new Map();
  links.forEach(({ weight, product }, link) => parts.set(weight, { link }).set(product, { link }));
  cells.forEach(({ nodes, node, bias }, cell) => {
    for (const i of [...nodes, node, ...(bias === null ? [] : [bias])]) parts.set(i, { cell });
  });
  return parts;
}

/** Sizes in the drawing of a network. */
const RADIUS = 24, PITCH = 62, GAP = 150, MOST_ROWS = 16, PIXEL = 17;

/**
 * How many pixels a side of the inputs' picture has, if they are many and a square; else 0.
 * @param {number} inputs
 */
function imageSide(inputs) {
  const side = Math.round(Math.sqrt(inputs));
  return inputs >= 16 && side * side === inputs ? side : 0;
}

/**
 * Where the cells of a pass are, and the size of the whole.
 * @param {Pass} pass
 */
function placedCells({ cells, columns }) {
  const side = columns[0].every((i) => cells[i].kind === "input") ? imageSide(columns[0].length) : 0;
  /** @type {{ x: number, y: number }[]} */
  const places = [];
  const rows = (/** @type {number[]} */ column) => Math.min(MOST_ROWS, column.length);
  const height = Math.max(side * PIXEL, ...columns.slice(side ? 1 : 0).map((column) => rows(column) * PITCH)) + 60;
  const gap = Math.max(GAP, height / 3);
  let x = 70;
  columns.forEach((column, number) => {
    if (side && number === 0) {
      column.forEach((i, place) => {
        places[i] = { x: x + PIXEL * (place % side), y: (height - side * PIXEL) / 2 + PIXEL * Math.floor(place / side) };
      });
      x += side * PIXEL + gap;
      return;
    }
    const wide = Math.ceil(column.length / MOST_ROWS), perPart = Math.ceil(column.length / wide);
    column.forEach((i, place) => {
      const part = Math.floor(place / perPart), inPart = Math.min(perPart, column.length - part * perPart);
      places[i] = { x: x + part * PITCH, y: height / 2 + PITCH * ((place % perPart) - (inPart - 1) / 2) };
    });
    x += (wide - 1) * PITCH + gap;
  });
  return { places, side, width: x - gap + 70, height };
}
