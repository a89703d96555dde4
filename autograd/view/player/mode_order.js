/** The learner chooses which node passes its gradient on next. */
class Order extends Mode {
  static about = "Choose which node passes its gradient on next";
  /** @type {number[]} */
  passed = [];
  choices = element("div");
  verdict = element("p", { class: "verdict", role: "status" });

  /** @param {HTMLElement} desk */
  enter(desk) {
    this.passed = [];
    this.say("", false);
    const task = "Which node passes its gradient on next? Pick it in the picture or in the list.";
    desk.append(element("p", {}, task), this.choices, this.verdict);
    this.show();
  }

  /** Play the order so far, and offer the nodes that are left. */
  show() {
    const { graph, player } = this, passed = new Set(this.passed);
    const left = graph.operations().filter((i) => !passed.has(i)).slice(-MOST_LISTED);
    player.reload(graph.steps({ order: this.passed }), Infinity);
    this.choices.replaceChildren();
    if (left.length) {
      const [made, list] = picker(graph, "next", left, left[0], () => {});
      const pass = element("button", { onclick: () => this.picked(Number(list.value)) }, "Pass on");
      this.choices.append(made, " ", pass);
    } else this.say("All done: every gradient was complete before it was passed on.", false);
  }

  /** @param {number} node */
  picked(node) {
    const refusal = whyNot(this.graph, this.passed, node);
    this.say(refusal || `Right: ${this.graph.name(node)} had all its contributions.`, refusal !== "");
    if (refusal) return;
    this.passed.push(node);
    this.show();
  }

  /**
   * @param {string} text
   * @param {boolean} wrong
   */
  say(text, wrong) {
    this.verdict.classList.toggle("wrong", wrong);
    this.verdict.textContent = text;
  }

  leave() {
    this.player.reload();
  }
}
