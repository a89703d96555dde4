// Numbers, formulas and lists as text.

const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

/**
 * A number with four significant digits, as it is printed in a book: −0.5, 5.4×10⁻⁵.
 * @param {number} x
 */
function short(x) {
  return typeset(plain(x));
}

/**
 * A number with two significant digits, where there is little room.
 * @param {number} x
 */
function brief(x) {
  return short(Number(x.toPrecision(2)));
}

/**
 * A long text, cut on the left: what distinguishes names is at their end.
 * @param {string} text
 * @param {number} longest
 */
function cut(text, longest) {
  return text.length > longest ? `…${text.slice(1 - longest)}` : text;
}

/**
 * A number of things: "1 edge", "2,064 operations".
 * @param {number} count
 * @param {string} thing
 */
function counted(count, thing) {
  return `${count.toLocaleString("en")} ${thing}${count === 1 ? "" : "s"}`;
}

/**
 * A name without the modules that it shares with what is drawn.
 * @param {string} name  "lstm.cell0.bias3"
 * @param {string} home  "lstm.cell0.f"
 */
function nameWithin(name, home) {
  const parts = name.split("."), outer = home.split("."), last = parts.length - 1;
  const at = parts.findIndex((part, i) => i === last || part !== outer[i]);
  return parts.slice(at).join(".");
}

/**
 * A number that a program wrote, as it is printed in a book.
 * @param {string} number
 */
function typeset(number) {
  const [digits, power] = number.replace("-", "−").split("e");
  return power === undefined ? digits : `${digits}×10${raised(Number(power.replace("−", "-")))}`;
}

/**
 * A whole number as an exponent.
 * @param {number} power
 */
function raised(power) {
  return String(power).replace(/./g, (sign) => RAISED[/** @type {keyof RAISED} */ (sign)]);
}

/**
 * A number with four significant digits, as Python's format(x, ".4g") writes it, ties to even included.
 * @param {number} x
 */
function plain(x) {
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
 * The place that an address names: a step, a frame of the training, a tool, and views.
 * @param {string} hash  "#step=7&tool=mistakes&views=graph+formula"
 * @returns {Place}
 */
function placeIn(hash) {
  const named = new Map(hash.slice(1).split("&").map((part) => /** @type {[string, string]} */ (part.split("="))));
  const upper = (/** @type {string} */ word) => word.charAt(0).toUpperCase() + word.slice(1);
  return { step: Number(named.get("step") ?? 0) || 0, frame: Number(named.get("frame") ?? 0) || 0,
           tool: upper(named.get("tool") ?? ""), views: (named.get("views") ?? "").split("+").map(upper).filter(Boolean) };
}

/**
 * The address of a place, as short as it can be.
 * @param {Partial<Place>} place
 */
function hashOf({ step = 0, frame, tool, views = [] }) {
  const parts = [`step=${step}`, frame && `frame=${frame}`, tool && `tool=${tool.toLowerCase()}`,
                 views.length && `views=${views.join("+").toLowerCase()}`];
  return `#${parts.filter(Boolean).join("&")}`;
}

/**
 * A negative number in brackets, to stand after an operator.
 * @param {string} text
 */
function bracketed(text) {
  return /^[-−]/.test(text) ? `(${text})` : text;
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

const BY_NUMBERS = new Intl.Collator("en", { numeric: true });

/**
 * Compares names so that 2 comes before 10.
 * @param {string} a
 * @param {string} b
 */
function natural(a, b) {
  return BY_NUMBERS.compare(a, b);
}
