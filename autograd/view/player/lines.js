// The lines of code that made the nodes.

/** @typedef {{ file: string, number: number, text: string, nodes: number[] }} CodeLine */

/**
 * The lines that are known, in the order of their files and places, each with the nodes that it made.
 * @param {Graph} graph
 * @returns {CodeLine[]}
 */
function codeLines(graph) {
  /** @type {Map<string, CodeLine>} */
  const found = new Map();
  graph.nodes.forEach(({ line }, i) => {
    const [, file, ofFile, ofCell, text = ""] = /^(?:(.*?):(\d+)|line (\d+) of the cell)(?:: (.*))?$/.exec(line ?? "") ?? [];
    const number = Number(ofFile ?? ofCell);
    if (!line || !number) return;
    const made = found.get(line) ?? { file: file ?? "the cell", number, text, nodes: [] };
    made.nodes.push(i);
    found.set(line, made);
  });
  const order = new Map([...found.values()].map(({ file }, i) => [file, i]));
  return [...found.values()].sort((a, b) => (
    /** @type {number} */ (order.get(a.file)) - /** @type {number} */ (order.get(b.file)) || a.number - b.number));
}
