// The data of a page as the scripts use it; packing.py packs it into fewer characters.

/**
 * @param {PackedPage} page
 * @returns {PageData}
 */
function unpacked({ graphs, training }) {
  return { training, graphs: graphs.map((graph) => ({ ...graph, nodes: nodesOf(graph.nodes),
    boxes: graph.boxes.map((box) => ({ ...box, nodes: unrolled(box.nodes) })),
    pictures: graph.pictures.map((picture) => ({ ...picture, edges: pairedEdges(picture.edges) })) })) };
}

/**
 * @param {PackedNodes} columns
 * @returns {NodeData[]}
 */
function nodesOf({ name, kind, constant, rule, parents, data, partials, line }) {
  /** @type {<Kind>(column: PackedColumn<Kind>, i: number) => Kind} */
  const at = ({ values, places }, i) => values[places[i]];
  return name.map((own, i) => ({ name: own, kind: at(kind, i), constant: at(constant, i), rule: at(rule, i),
                                 parents: parents[i], data: data[i], partials: partials[i], line: at(line, i) }));
}

/**
 * The integers of some runs: [3, 2, 9, 1] is 3, 4, 9.
 * @param {number[]} runs  the first of each, and how many there are
 */
function unrolled(runs) {
  const all = [];
  for (let i = 0; i < runs.length; i += 2) for (let k = 0; k < runs[i + 1]; k++) all.push(runs[i] + k);
  return all;
}

/**
 * @param {Record<string, number[]>} edges
 * @returns {Record<string, Edge[]>}
 */
function pairedEdges(edges) {
  /** @type {Record<string, Edge[]>} */
  const found = {};
  for (const [id, flat] of Object.entries(edges)) {
    found[id] = [];
    for (let i = 0; i < flat.length; i += 2) found[id].push([flat[i], flat[i + 1]]);
  }
  return found;
}
