// The computation graph and its arithmetic: values, partial derivatives, and the steps of the passes.

class Graph {
  /** @type {number[]} */
  data = [];
  /** @type {number[][]} for each node one for each operand */
  partials = [];
  changed = false;
  /** @type {number[]} the gradients, and the partial derivatives that they belong to */
  kept = [];
  /** @type {number[][] | null} */
  keptFor = null;
  /** @type {Set<number>[]} the nodes of each box, as far as they have been asked for */
  insides = [];
  /** @type {Edge[][]} for each node the edges to it, as [child, position among the child's operands] */
  children = [];

  /**
   * @param {GraphData} data  nodes in topological order, the result last
   * @param {Rules} rules
   */
  constructor({ nodes, boxes, failure }, rules) {
    this.nodes = nodes;
    this.failure = failure;
    this.boxes = boxes;
    this.rules = rules;
    this.result = nodes.length - 1;
    const indices = nodes.map((_, i) => i);
    this.backward = indices.filter((i) => !nodes[i].constant).reverse();
    this.leaves = indices.filter((i) => nodes[i].rule === null);
    this.children = nodes.map(() => []);
    nodes.forEach((node, i) => node.parents.forEach((parent, k) => this.children[parent].push([i, k])));
    this.restore();
  }

  /** Go back to the numbers that the engine recorded. */
  restore() {
    this.data = this.nodes.map((node) => node.data);
    this.partials = this.nodes.map((node) => node.partials);
    this.changed = false;
  }

  /**
   * The rule of a node that is not a leaf.
   * @param {number} node
   */
  rule(node) {
    return this.rules[/** @type {string} */ (this.nodes[node].rule)];
  }

  /** @param {number} node */
  name(node) {
    return this.nodes[node].name;
  }

  /** The operations that are not constant, in topological order. */
  operations() {
    return [...this.backward].reverse().filter((i) => this.nodes[i].rule !== null);
  }

  /**
   * The values of all nodes. Throws a RangeError when one is not finite.
   * @param {number[]} leaves  numbers by node; those of leaves are read
   * @param {Map<number, number>} [pinned]  nodes that keep the number given
   */
  values(leaves, pinned = new Map()) {
    /** @type {number[]} */
    const data = [];
    this.nodes.forEach((node, i) => {
      const operands = node.parents.map((parent) => data[parent]);
      data[i] = pinned.get(i) ?? (node.rule === null ? leaves[i] : this.rules[node.rule].value(...operands));
      if (!Number.isFinite(data[i])) throw new RangeError(this.complaint(node, operands, "value"));
    });
    return data;
  }

  /**
   * What is said when something of a node is not finite.
   * @param {NodeData} node
   * @param {number[]} operands
   * @param {string} what
   */
  complaint(node, operands, what) {
    if (node.rule === null) return `${node.name} must be a finite number.`;
    const domain = Object.entries(this.rules[node.rule].domain);
    const limits = domain.map(([name, interval]) => `${name} must be ${interval}`).join(", ");
    return `${node.rule}(${operands.map(short).join(", ")}) has no finite ${what} here. ${limits}`;
  }

  /**
   * Compute everything from other numbers at the leaves. Throws a RangeError, and changes nothing, when a number is not
   * finite.
   * @param {number[]} leaves
   */
  recompute(leaves) {
    const data = this.values(leaves);
    const partials = this.nodes.map((node, i) => {
      const operands = node.parents.map((parent) => data[parent]);
      return node.parents.map((parent, k) => {
        const partial = this.nodes[parent].constant ? 0 : this.rule(i).partials[k](...operands, data[i]);
        if (!Number.isFinite(partial)) throw new RangeError(this.complaint(node, operands, "derivative"));
        return partial;
      });
    });
    this.data = data;
    this.partials = partials;
  }

  /**
   * The steps of the forward pass, then those of a backward pass, unless an operation has failed.
   * @param {BackwardPass} pass  how the backward pass differs from the usual
   * @returns {Step[]}
   */
  steps(pass = {}) {
    const { order = this.backward, overwrites = false } = pass;
    const grads = this.nodes.map((_, i) => pass.before?.[i] ?? 0);
    /** @type {Step[]} */
    const steps = this.nodes.flatMap(({ rule }, node) => (rule ? [{ kind: "forward", node }] : []));
    if (this.failure) return steps;
    steps.push({ kind: "seed", node: this.result, target: this.result, before: grads[this.result], after: 1 });
    grads[this.result] = 1;
    for (const node of order) {
      this.nodes[node].parents.forEach((target, k) => {
        if (this.nodes[target].constant) return;
        const adjoint = grads[node], partial = this.partials[node][k], product = adjoint * partial;
        const before = grads[target], after = overwrites ? product : before + product;
        steps.push({ kind: "edge", node, k, target, adjoint, partial, product, before, after });
        grads[target] = after;
      });
    }
    return steps;
  }

  /** The gradients at the end of the backward pass; they are kept until the numbers change. */
  gradients() {
    if (this.keptFor !== this.partials) {
      this.kept = this.nodes.map(() => 0);
      for (const step of this.steps()) if (step.kind !== "forward") this.kept[step.target] = step.after;
      this.keptFor = this.partials;
    }
    return this.kept;
  }

  /**
   * Whether a node is in a box.
   * @param {number} node
   * @param {number} box
   */
  isIn(node, box) {
    this.insides[box] ??= new Set(this.boxes[box].nodes);
    return this.insides[box].has(node);
  }

  /** The nodes from the result on, breadth first: an order that passes adjoints on before they are complete. */
  breadthFirst() {
    const order = new Set([this.result]);  // it grows while it is gone through
    for (const node of order) {
      for (const parent of this.nodes[node].parents) if (!this.nodes[parent].constant) order.add(parent);
    }
    return [...order];
  }

  /**
   * The nodes that `node` receives contributions from, each once.
   * @param {number} node
   */
  sources(node) {
    return [...new Set(this.children[node].map(([child]) => child))];
  }

  /**
   * The nodes at most `distance` edges away from some of `nodes`.
   * @param {number[]} nodes
   * @param {number} distance
   */
  near(nodes, distance) {
    let found = new Set(nodes);
    for (let i = 0; i < distance; i++) {
      found = new Set([...found].flatMap((at) => [at, ...this.nodes[at].parents, ...this.sources(at)]));
    }
    return found;
  }
}

/**
 * The nodes of a box that something outside is computed from.
 * @param {Graph} graph
 * @param {number} box
 */
function outputsOf(graph, box) {
  const inside = new Set(graph.boxes[box].nodes);
  return [...inside].filter((node) => (
    node === graph.result || graph.sources(node).some((child) => !inside.has(child))));
}

/**
 * The leaves that can be changed: inputs first, then what is or is named like a parameter, in the natural order of their names.
 * @param {Graph} graph
 */
function leavesInOrder({ nodes, leaves }) {
  const rank = (/** @type {number} */ i) => Number(nodes[i].kind === "parameter" || /^(w|b|bias)_?\d*$/i.test(nodes[i].name));
  return leaves.filter((i) => !nodes[i].constant)
    .sort((a, b) => rank(a) - rank(b) || natural(nodes[a].name, nodes[b].name));
}
