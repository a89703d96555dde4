// Makes elements of HTML and SVG.

/**
 * An element of HTML. Attributes that begin with "on" are listeners; those that are false, null or undefined are left
 * out.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [attributes]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/**
 * An element of SVG.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [attributes]
 * @returns {SVGElementTagNameMap[Tag]}
 */
function drawn(tag, attributes = {}, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

/**
 * An element of MathML, from the lists that formulas are.
 * @param {MathNode} node
 * @returns {Element}
 */
function mathElement([tag, attributes, ...children]) {
  const made = document.createElementNS("http://www.w3.org/1998/Math/MathML", tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== "") made.setAttribute(name, value);
  for (const child of children) made.append(typeof child === "string" ? child : mathElement(child));
  return made;
}

/**
 * A small chart: labelled lines across, and curves with a mark at one point.
 * @param {string} description
 * @param {Chart} chart
 * @param {number} here  the index of the point that is marked
 */
function plot(description, { height, title, levels, ticks, lines }, here) {
  const svg = drawn("svg", { viewBox: `0 0 300 ${height}`, role: "img", "aria-label": description });
  const label = (/** @type {number} */ x, /** @type {number} */ y, /** @type {string} */ text, anchor = "middle") => (
    svg.append(drawn("text", { x, y, "text-anchor": anchor }, text)));
  for (const [y, text] of levels) {
    svg.append(drawn("line", { class: "grid", x1: 40, x2: 290, y1: y, y2: y }));
    label(33, y + 3, text, "end");
  }
  for (const [x, text] of ticks) label(x, height - 20, text);
  label(165, height - 5, title);
  lines.forEach(({ name, points }, number) => {
    const style = lines.length > 1 ? `--line-color: var(--path${number % 8})` : "";
    const line = drawn("polyline", { class: "line", style, points: points.map((point) => point.join(",")).join(" ") });
    line.append(drawn("title", {}, name));
    svg.append(line);
    points.forEach(([cx, cy], i) => {
      const look = i === here ? { class: "dot here", r: 5 } : { class: "dot", r: 3 };
      if (i === here || (points.length < 20 && lines.length === 1)) svg.append(drawn("circle", { cx, cy, ...look }));
    });
  });
  return svg;
}
