/** How the result changes when one node does, beside what its gradient says, over many sizes of the nudge. */
class Nudge extends AboutNode {
  static about = "Move one number a little, and see whether the gradient foretold what happens";
  power = 3;
  label = element("span");
  table = element("table");
  slope = element("p");
  plot = element("div", { class: "plot" });

  /** @param {HTMLElement} desk */
  enter(desk) {
    const size = element("input", { type: "range", min: 1, max: 15, step: 1, "aria-label": "Size of the nudge",
                                    value: this.power, oninput: () => this.resize(size.valueAsNumber) });
    desk.append(this.chooser("nudge"), element("span", {}, " by h = ", this.label, size), this.table, this.slope,
                this.plot);
    this.stepped();
  }

  /** @param {number} power */
  resize(power) {
    this.power = power;
    this.stepped();
  }

  stepped() {
    const { graph, at, power } = this, gradient = graph.gradients()[at], h = 10 ** -power;
    const change = (/** @type {number} */ h) => short(resultAfter(graph, at, h) - graph.data[graph.result]);
    this.label.textContent = `10${raised(-power)} `;
    this.table.replaceChildren(row("nudge", "result changes by", "gradient × nudge"),
                               row("+h", change(h), short(gradient * h)),
                               row("−h", change(-h), short(-gradient * h)));
    this.slope.textContent = `(f(+h) − f(−h)) / 2h = ${typeset(differenceQuotient(graph, at, h).toPrecision(10))}, `
      + `the gradient is ${typeset(gradient.toPrecision(10))}.`;
    const [powers, errors] = quotientErrors(graph, at), chart = errorChart(powers, errors);
    this.plot.replaceChildren(
      plot("Error of the difference quotient over h", chart, powers.indexOf(power)),
      element("p", {}, "Error of the difference quotient over h. To the left h is large and the curve's bend is missed "
        + "(truncation, shrinks as h²); to the right h is small and the subtraction loses digits (rounding, grows as "
        + "1/h)."));
    this.mark();
  }
}

/**
 * A row of a table, the first cell as its head.
 * @param {string[]} cells
 */
function row(...cells) {
  return element("tr", {}, ...cells.map((cell, i) => element(i ? "td" : "th", {}, cell)));
}
