/** The user's lines of code; the one that made the current node is lit. */
class CodeView extends View {
  static about = "The lines of your code, and which of them made the current node";
  /** @type {[CodeLine, HTMLElement][]} */
  rows = [];

  /** @param {Player} player */
  constructor(player) {
    super(player);
    this.element = element("div", { class: "code", role: "region", "aria-label": "Code", tabindex: 0 });
  }

  changed() {
    const lines = codeLines(this.player.graph);
    this.rows = lines.map((line) => [line, this.row(line)]);
    const parts = lines.flatMap(({ file, number }, i) => {
      const before = lines[i - 1], row = this.rows[i][1];
      if (before?.file !== file) return [element("h2", {}, file), row];
      return before.number < number - 1 ? [element("div", { class: "gap", "aria-hidden": "true" }, "⋮"), row] : [row];
    });
    const none = element("p", {}, "No lines are known. They are kept for what is computed inside ",
                         element("code", {}, "with record_lines():"));
    this.element.replaceChildren(...(parts.length ? parts : [none]));
  }

  /** @param {CodeLine} line */
  row({ number, text, nodes }) {
    return element("button", { class: "line", title: "Go to the step that this line makes",
                               onclick: () => this.jump(nodes) },
                   element("span", { class: "number" }, `${number}`), element("code", {}, text));
  }

  /** @param {number[]} nodes */
  jump(nodes) {
    const at = this.player.run.steps.findIndex(({ node }) => nodes.includes(node));
    if (at >= 0) this.player.go(at + 1);
  }

  stepped() {
    const { step } = this.player.run;
    for (const [{ nodes }, row] of this.rows) {
      const here = step !== undefined && nodes.includes(step.node);
      row.classList.toggle("now", here);
      row.setAttribute("aria-current", String(here));
      if (here) row.scrollIntoView({ block: "nearest" });
    }
  }
}
