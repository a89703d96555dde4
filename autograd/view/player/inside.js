// Draws the inside of a box when it is opened, in the same parts as Graphviz draws the whole.

/**
 * Draw the nodes, closed boxes and edges of a picture into its element.
 * @param {SVGSVGElement} svg
 * @param {Graph} graph
 * @param {PictureData} about
 */
function drawInside(svg, graph, { nodes = [], boxes = [], edges, number, scope }) {
  const home = scope === null ? "" : graph.boxes[scope].path;
  const faces = [...nodes.map((node) => faceOfNode(graph, node, home)), ...boxes.map((box) => faceOfBox(graph, box))];
  const shownAs = new Map(nodes.map((node, i) => [node, i]));
  boxes.forEach((box, i) => {
    for (const node of graph.boxes[box].nodes) if (!shownAs.has(node)) shownAs.set(node, nodes.length + i);
  });
  const ends = Object.values(edges).map(([[child, k]]) => /** @type {Arrow} */ (
    [graph.nodes[child].parents[k], child].map((node) => /** @type {number} */ (shownAs.get(node)))));
  const homes = homesOf(graph, scope, nodes, boxes);
  const { places, frames } = nestedLayout(faces, ends, homes, scope, (box) => outerBox(graph, box, scope));
  const canvas = drawn("g", { class: "graph", transform: "translate(0 0)" });
  canvas.append(...frames.map((frame) => drawnFrame(graph, frame)));
  Object.entries(edges).forEach(([id, all], i) => {
    const [tail, head] = ends[i], [[child, k]] = all, { parents } = graph.nodes[child];
    const share = faces[head].isBox ? 0.5 : (k + 1) / (parents.length + 1);
    canvas.append(drawnEdge(id, arrowBetween(places[tail], places[head], share), all, graph));
  });
  faces.forEach((face, i) => {  // over the edges, so that these hide no number
    const id = i < nodes.length ? `p${number}n${nodes[i]}` : `p${number}b${boxes[i - nodes.length]}`;
    canvas.append(drawnFace(face, places[i], id));
  });
  svg.append(canvas);
  svg.setAttribute("viewBox", viewAround([...places, ...frames.map(({ place }) => place)], 12).join(" "));
}

/**
 * For each node and closed box that is drawn the innermost open box around it, inside `scope`, which is that of the rest.
 * @param {Graph} graph
 * @param {number | null} scope
 * @param {number[]} nodes
 * @param {number[]} boxes
 */
function homesOf(graph, scope, nodes, boxes) {
  /** @type {Map<number, number>} */
  const homes = new Map(), isInside = graph.boxes.map(() => false);
  graph.boxes.forEach(({ outer, repeats, nodes: inner }, box) => {  // outer ones come first
    isInside[box] = outer !== null && (outer === scope || isInside[outer]);
    if (isInside[box] && !repeats) for (const node of inner) homes.set(node, box);
  });
  return [...nodes.map((node) => homes.get(node) ?? scope),
          ...boxes.map((box) => (isInside[box] ? outerBox(graph, box, scope) : scope))];
}

/**
 * The box around a box, other than one that gathers repeated ones; at most `scope`.
 * @param {Graph} graph
 * @param {number} box
 * @param {number | null} scope
 */
function outerBox(graph, box, scope) {
  let { outer } = graph.boxes[box];
  while (outer !== scope && outer !== null && graph.boxes[outer].repeats) ({ outer } = graph.boxes[outer]);
  return outer;
}

/**
 * What a node or closed box looks like: its lines of text, and beside them the symbol of an operation.
 * @typedef {Part & { kind: string, symbol: string, lines: string[], isBox: boolean }} Face
 */

/**
 * @param {Graph} graph
 * @param {number} node
 * @param {string} home  the path of what is drawn
 * @returns {Face}
 */
function faceOfNode(graph, node, home) {
  const { kind, constant, rule } = graph.nodes[node], name = graph.name(node);
  const label = nameWithin(name, home);
  const isNumber = constant && /^-?\d/.test(name);
  const lines = [...(isNumber ? [] : [cut(label, 18)]), ...(constant ? ["?"] : ["data ?", "grad 0"])];
  const symbol = rule ? graph.rule(node).symbol : "";
  return { kind, lines, symbol, isBox: false, isLeaf: rule === null, width: rule ? 112 + symbolRoom(symbol) : 114,
           height: 12 + 13 * lines.length };
}

/**
 * The width of the part of an operation with its symbol, if it has one.
 * @param {string} symbol  "+", "log(1+x)"
 */
function symbolRoom(symbol) {
  return symbol ? Math.max(36, 7 * symbol.length + 10) : 0;
}

/**
 * @param {Graph} graph
 * @param {number} box
 * @returns {Face}
 */
function faceOfBox(graph, box) {
  const { title, nodes } = graph.boxes[box], name = title.split(" › ").slice(-1)[0];
  const count = nodes.filter((node) => graph.nodes[node].rule !== null).length;
  const outputs = outputsOf(graph, box).length, numbers = outputs === 1 ? ["data ?", "grad 0"] : [counted(outputs, "output")];
  const lines = [cut(name, 20), counted(count, "operation"), ...numbers];
  return { kind: "box", symbol: "", lines, isBox: true, isLeaf: false, width: 122, height: 14 + 13 * lines.length };
}

/**
 * @param {Face} face
 * @param {Box} place
 * @param {string} id
 */
function drawnFace({ kind, symbol, lines, isBox }, { x, y, width, height }, id) {
  const group = drawn("g", { id, class: `node ${kind}` }), left = symbolRoom(symbol), cutOff = symbol ? 8 : 0;
  const corners = isBox ? [[0, 5], [width - 40, 5], [width - 34, 0], [width - 6, 0], [width, 5], [width, height], [0, height]]
    : [[cutOff, 0], [width - cutOff, 0], [width, cutOff], [width, height - cutOff], [width - cutOff, height],
       [cutOff, height], [0, height - cutOff], [0, cutOff]];
  group.append(drawn("polygon", { points: corners.map(([right, down]) => spot(x + right, y + down)).join(" ") }));
  if (symbol) {
    group.append(drawn("polyline", { points: `${spot(x + left, y)} ${spot(x + left, y + height)}` }),
                 drawn("text", { x: x + left / 2, y: y + height / 2 + 4, "text-anchor": "middle" }, symbol));
  }
  lines.forEach((line, i) => group.append(drawn("text", {
    x: symbol ? x + left + 7 : x + width / 2, y: y + (height - 13 * lines.length) / 2 + 10.5 + 13 * i,
    "text-anchor": symbol ? "start" : "middle" }, line)));
  return group;
}

/**
 * @param {Graph} graph
 * @param {{ box: number, place: Box }} frame
 */
function drawnFrame(graph, { box, place: { x, y, width, height } }) {
  const group = drawn("g", { class: "cluster" }), name = graph.boxes[box].title.split(" › ").slice(-1)[0];
  group.append(drawn("path", { d: `M${spot(x, y)}h${width}v${height}h${-width}z` }),
               drawn("text", { x: x + 6, y: y + 12 }, cut(name, Math.max(8, Math.floor(width / 8)))));
  return group;
}

/**
 * @param {string} id
 * @param {ReturnType<typeof arrowBetween>} arrow
 * @param {Edge[]} all  the edges that it stands for
 * @param {Graph} graph
 */
function drawnEdge(id, { line, point, middle }, all, graph) {
  const numbers = new Set(all.map(([child, k]) => graph.nodes[child].parents[k])), fixed = [...numbers].every(
    (node) => graph.nodes[node].constant);
  const group = drawn("g", { id, class: fixed ? "edge fixed" : "edge" });
  group.append(drawn("path", { d: line }), drawn("polygon", { points: point }));
  if (numbers.size > 1) group.append(drawn("text", { ...middle, "text-anchor": "middle" }, `×${numbers.size}`));
  return group;
}
