// Numbers, formulas and lists as text.

/**
 * A number with four significant digits, as Python's format(x, ".4g") writes it, ties to even included.
 * @param {number} x
 */
function short(x) {
  if (!Number.isFinite(x)) return String(x);
  const [digits, power] = rounded(Math.abs(x)), sign = x < 0 || Object.is(x, -0) ? "-" : "";
  if (power < -4 || power >= 4) {
    return `${sign}${withoutZeros(digits)}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  }
  return sign + withoutZeros(Number(`${digits}e${power}`).toFixed(3 - power));
}

/**
 * Four significant digits of a number, as "1.234", and its power of ten. toExponential(3) rounds ties up.
 * @param {number} x
 * @returns {[string, number]}
 */
function rounded(x) {
  const [exact, powerOfExact] = x.toExponential(60).split("e");
  const isTie = /^\d\.\d{3}50*$/.test(exact), isEven = Number(exact[4]) % 2 === 0;
  if (isTie && isEven) return [exact.slice(0, 5), Number(powerOfExact)];
  const [digits, power] = x.toExponential(3).split("e");
  return [digits, Number(power)];
}

/**
 * A decimal without zeros at its end.
 * @param {string} text
 */
function withoutZeros(text) {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/**
 * A negative number in brackets, to stand after an operator.
 * @param {string} text
 */
function bracketed(text) {
  return text.startsWith("-") ? `(${text})` : text;
}

/**
 * The template of a formula with `texts` in place of `variables`; does the same as graph.filled in Python.
 * @param {string[]} template  text and variables in turns
 * @param {string[]} texts
 * @param {string[]} variables
 */
function filled(template, texts, variables) {
  return template.map((part, i) => {
    if (i % 2 === 0) return part;
    const at = variables.indexOf(part), text = at < 0 ? part : texts[at];
    const isOperand = /[-+*/] ?$/.test(template[i - 1]) || template[i + 1].startsWith(" **");
    return isOperand ? bracketed(text) : text;
  }).join("");
}

/**
 * At most four names, and how many more there are.
 * @param {string[]} names
 */
function listed(names) {
  return (names.length > 4 ? [...names.slice(0, 4), `${names.length - 4} more`] : names).join(", ");
}
