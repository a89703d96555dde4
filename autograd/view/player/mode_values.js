/** Change the numbers at the leaves; everything else follows. */
class Values extends Mode {
  static about = "Change the inputs: everything else is computed anew";
  note = element("p", { class: "problem", role: "alert" });

  /** @param {HTMLElement} desk */
  enter(desk) {
    this.note.textContent = "";
    this.desk = desk;
    this.rows = element("div", { class: "rows" });
    this.all = button("Show all", "Show all inputs and parameters", () => this.list(null));
    desk.append(element("p", { class: "caution" }, CAUTION), this.note, this.rows, this.all);
    this.list(null);
  }

  /**
   * Inputs first, then parameters by layer and neuron; or one leaf alone.
   * @param {number | null} only
   */
  list(only) {
    const leaves = only === null ? leavesInOrder(this.graph) : [only], more = leaves.length - MOST_LISTED;
    this.rows?.replaceChildren(...leaves.slice(0, MOST_LISTED).map((i) => this.row(i)));
    if (more > 0) this.rows?.append(element("p", {}, `${more.toLocaleString("en")} more: click them in the graph.`));
    if (this.all) this.all.hidden = only === null;
  }

  /** @param {number} i */
  row(i) {
    const value = this.graph.data[i], { data, name } = this.graph.nodes[i], reach = Math.max(1, 2 * Math.abs(data));
    const number = element("input", { type: "number", step: "any", value, "aria-label": name,
                                      oninput: () => this.set(i, number.valueAsNumber, slider) });
    const slider = element("input", { type: "range", min: data - reach, max: data + reach, step: reach / 200, value,
                                      "aria-label": `${name}, drag`, "data-leaf": i,
                                      oninput: () => this.set(i, slider.valueAsNumber, number) });
    return element("div", { class: "row" }, element("span", { title: name }, cut(name, 13)), slider, number);
  }

  /**
   * @param {number} i
   * @param {number} number
   * @param {HTMLInputElement} twin  the other input for the same leaf
   */
  set(i, number, twin) {
    const leaves = [...this.graph.data];
    leaves[i] = number;
    try {
      this.graph.recompute(leaves);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.note.textContent = error.message;
      return;
    }
    this.graph.changed = true;
    this.note.textContent = "";
    twin.value = String(number);
    this.player.reload();
  }

  /** @param {number} i */
  picked(i) {
    if (!leavesInOrder(this.graph).includes(i)) return;
    this.list(i);
    /** @type {HTMLElement | null | undefined} */ (this.rows?.querySelector("input[type=range]"))?.focus();
  }
}
