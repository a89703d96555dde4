// Formulas as MathML, in lists [tag, attributes, ...children], which the page turns into elements.

/**
 * @typedef {[tag: string, attributes: Record<string, string | number>, ...children: (MathNode | string)[]]} MathTuple
 * @typedef {any} MathNode  a MathTuple; the type would contain itself
 */

/**
 * @param {string} tag
 * @param {...(MathNode | string)} children
 * @returns {MathNode}
 */
function math(tag, ...children) {
  return [tag, {}, ...children];
}

/**
 * A node of MathML with attributes.
 * @param {Record<string, string | number>} attributes
 * @param {MathNode} node
 * @returns {MathNode}
 */
function withAttributes(attributes, [tag, before, ...children]) {
  return [tag, { ...before, ...attributes }, ...children];
}

/**
 * A name or a number. A label such as "w1" or "w_in" gets its end as an index; one with dots stays as it is.
 * @param {string} text
 * @returns {MathNode}
 */
function mathName(text) {
  if (/^[−-]?[\d.]+(×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?$/.test(text)) return mathNumber(text);
  const [, name, index] = /^([^\W\d_]{1,2}?)_?(\d+)$/u.exec(text) ?? [];
  if (name) return math("msub", math("mi", name), math("mn", index));
  return text.length === 1 ? math("mi", text) : math("mtext", text);
}

/**
 * A number, as short() writes it: 5.4×10⁻⁵ with its exponent as one.
 * @param {string} text
 * @returns {MathNode}
 */
function mathNumber(text) {
  const negative = /^[−-]/.test(text), size = negative ? text.slice(1) : text;
  return negative ? math("mrow", math("mo", "−"), math("mn", size)) : math("mn", size);
}

/**
 * A derivative, ∂above/∂below.
 * @param {string} above
 * @param {string} below
 * @returns {MathNode}
 */
function mathPartial(above, below) {
  const part = (/** @type {string} */ name) => math("mrow", math("mo", "∂"), mathName(name));
  return math("mfrac", part(above), part(below));
}

/**
 * A template of the table, with texts in place of its variables.
 * @param {string[]} template
 * @param {string[]} texts
 * @param {string[]} variables
 * @returns {MathNode}
 */
function mathFormula(template, texts, variables) {
  const tokens = template.flatMap((part, i) => (
    i % 2 ? [/** @type {Token} */ ({ operand: texts[variables.indexOf(part)] ?? part })]
      : [...part.matchAll(/\*\*|[<>=!]=|[\d.]+(?:e[-+]?\d+)?|\w+|\S/g)].map(([text]) => ({ text }))));
  const reader = new FormulaReader(tokens), read = reader.sum();
  return reader.peek() === "" ? read.node : math("mtext", filled(template, texts, variables));
}

/** @typedef {{ text?: string, operand?: string }} Token */
/** @typedef {{ node: MathNode, level: number }} Term  level 0: a sum, 1: a product or negative, 2: neither */

/** Reads a formula by recursive descent: sums of products of powers of atoms. */
class FormulaReader {
  /** @param {Token[]} tokens */
  constructor(tokens) {
    this.tokens = tokens;
    this.at = 0;
  }

  peek() {
    return this.tokens[this.at] ? this.tokens[this.at].text ?? "operand" : "";
  }

  /** @param {string} text */
  takes(text) {
    if (this.peek() !== text) return false;
    this.at += 1;
    return true;
  }

  /** @returns {Term} */
  sum() {
    let term = this.product();
    for (let sign = this.peek(); sign === "+" || sign === "-"; sign = this.peek()) {
      this.at += 1;
      const right = this.product();
      const node = inBrackets(right, sign === "-" ? 1 : 0, true);
      term = { node: math("mrow", term.node, math("mo", sign === "-" ? "−" : "+"), node), level: 0 };
    }
    return term;
  }

  /** @returns {Term} */
  product() {
    let term = this.signed();
    for (let sign = this.peek(); sign === "*" || sign === "/"; sign = this.peek()) {
      this.at += 1;
      const right = this.signed();
      const node = sign === "/" ? math("mfrac", term.node, right.node)
        : math("mrow", inBrackets(term, 1), math("mo", "·"), inBrackets(right, 1, true));
      term = { node, level: 1 };
    }
    return term;
  }

  /** @returns {Term} */
  signed() {
    if (!this.takes("-")) return this.power();
    return { node: math("mrow", math("mo", "−"), inBrackets(this.signed(), 1, true)), level: 0.5 };
  }

  /** @returns {Term} */
  power() {
    const base = this.atom();
    if (!this.takes("**")) return base;
    return { node: math("msup", inBrackets(base, 2), this.signed().node), level: 2 };
  }

  /** @returns {Term} */
  atom() {
    const { text, operand } = this.tokens[this.at++] ?? { text: "" };
    if (operand !== undefined) {
      const node = mathName(operand);
      return { node, level: node[0] === "mrow" ? 0.5 : 2 };
    }
    if (text === "(") {
      const inner = this.sum();
      this.takes(")");
      return inner;
    }
    if (this.takes("(")) return this.call(text ?? "");
    return { node: /^[\d.]/.test(text ?? "") ? mathNumber(typeset(text ?? "")) : math("mi", GREEK[text ?? ""] ?? text),
             level: 2 };
  }

  /**
   * @param {string} name
   * @returns {Term}
   */
  call(name) {
    const operands = [this.sum().node];
    while (this.takes(",")) operands.push(this.sum().node);
    this.takes(")");
    if (name === "sqrt") return { node: math("msqrt", ...operands), level: 2 };
    if (name === "exp") return { node: math("msup", math("mi", "e"), ...operands), level: 2 };
    if (name === "abs") return { node: math("mrow", bracket("|"), ...operands, bracket("|")), level: 2 };
    const listed = operands.flatMap((operand, i) => (i ? [math("mo", ","), operand] : [operand]));
    return { node: math("mrow", math("mi", name), bracket("("), ...listed, bracket(")")), level: 2 };
  }
}

/** @type {Record<string, string>} */
const GREEK = { pi: "π", tau: "τ" };

/**
 * A term, in brackets where it binds less than what is around it.
 * @param {Term} term
 * @param {number} level
 * @param {boolean} [right]  whether it stands to the right of an operator, where a negative number gets brackets
 */
function inBrackets({ node, level: own }, level, right = false) {
  const needed = own < level || (right && own === 0.5);
  return needed ? math("mrow", bracket("("), node, bracket(")")) : node;
}

/**
 * A bracket of the height of the text.
 * @param {string} sign
 * @returns {MathNode}
 */
function bracket(sign) {
  return withAttributes({ stretchy: "false" }, math("mo", sign));
}
