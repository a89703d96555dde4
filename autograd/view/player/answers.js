// Questions about the next step, and what is said about the answers.

/**
 * The number that a step computes.
 * @param {Graph} graph
 * @param {Step} step
 */
function numberOf(graph, step) {
  return step.kind === "forward" ? graph.data[step.node] : step.after;
}

/**
 * The question for the number of a step.
 * @param {Graph} graph
 * @param {Step} step
 */
function question(graph, step) {
  const node = graph.name(step.node);
  if (step.kind === "forward") return `${node} = ${writtenOperation(graph, step.node).join(" = ")} = ?`;
  if (step.kind === "seed") return `${node} is the result. What is its gradient, ∂${node}/∂${node}?`;
  const target = graph.name(step.target), [slope] = writtenPartial(graph, step.node, step.k);
  return `${node} has gradient ${short(step.adjoint)}; ∂${node}/∂${target} = ${slope}. The gradient of ${target} is `
    + `${short(step.before)} now. What is it after the contribution of ${node}?`;
}

/**
 * The number that was typed, with a comma or a point; null when it is none.
 * @param {string} text
 */
function typedNumber(text) {
  const number = Number(text.replace(",", ".").replace("−", "-"));
  return text.trim() === "" || Number.isNaN(number) ? null : number;
}

/**
 * Whether an answer is right to one percent.
 * @param {number} given
 * @param {number} number
 */
function isClose(given, number) {
  return Math.abs(given - number) <= 0.01 * Math.abs(number) + 1e-9;
}

/**
 * What is said about a wrong answer: what it is, if that can be recognised, and how the right one comes about.
 * @param {Step} step
 * @param {number} given
 */
function correction(step, given) {
  if (step.kind === "forward") return "Put the numbers into the formula.";
  if (step.kind === "seed") return "A result changes as fast as itself: its gradient is 1.";
  const { adjoint, partial, product, before, after } = step;
  /** @type {[number, string][]} */
  const guesses = [
    [-after, "The sign is the other one. "],
    [product, "That is the contribution alone: it is added to what is there. "],
    [partial, "That is the local derivative alone. "],
    [adjoint, "That is the gradient that is passed on, alone. "],
    [adjoint + partial, "Gradient and local derivative are multiplied, not added. "]];
  const [, why] = guesses.find(([guess]) => isClose(given, guess)) ?? [0, ""];
  return `${why}Gradient × local derivative = ${short(adjoint)} × ${bracketed(short(partial))} = …, `
    + `and that is added to ${short(before)}.`;
}

/**
 * Why a node cannot pass its gradient on after those in `passed`; "" when it can.
 * @param {Graph} graph
 * @param {number[]} passed
 * @param {number} node
 */
function whyNot(graph, passed, node) {
  const name = graph.name(node), missing = graph.sources(node).filter((child) => !passed.includes(child));
  if (passed.includes(node)) return `${name} has passed its gradient on already.`;
  if (graph.nodes[node].rule === null) return `${name} is a leaf: it has no operands to pass anything to.`;
  if (!missing.length) return "";
  const names = listed(missing.map((i) => graph.name(i)));
  return `${name} is not complete: the contribution of ${names} is still missing.`;
}
