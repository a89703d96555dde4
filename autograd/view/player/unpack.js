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
  return runs.flatMap((first, i) => (i % 2 ? [] : Array.from({ length: runs[i + 1] }, (_, k) => first + k)));
}

/**
 * @param {Record<string, number[]>} edges
 * @returns {Record<string, Edge[]>}
 */
function pairedEdges(edges) {
  return Object.fromEntries(Object.entries(edges).map(([id, flat]) => (
    [id, Array.from({ length: flat.length / 2 }, (_, i) => /** @type {Edge} */ ([flat[2 * i], flat[2 * i + 1]]))])));
}
