/** The step as formulas, with the numbers beneath. */
class FormulaView extends View {
  static about = "The chain rule of this step, with its numbers";

  /** @param {Player} player */
  constructor(player) {
    super(player);
    this.element = element("div", { class: "formula", role: "region", "aria-label": "Formula", tabindex: 0 });
    for (const kind of ["pointerover", "pointerout"]) {
      this.element.addEventListener(kind, ({ target }) => this.point(/** @type {Element} */ (target), kind));
    }
  }

  stepped() {
    const formulas = formulasOf(this.player.run).map((formula) => (
      mathElement(["math", { display: "block", displaystyle: "true" }, formula])));
    this.element.replaceChildren(...formulas);
    this.element.querySelector(".now")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /**
   * Light the edge of the factor under the pointer.
   * @param {Element} target
   * @param {string} kind
   */
  point(target, kind) {
    const key = /** @type {HTMLElement | null} */ (target.closest("[data-edge]"))?.getAttribute("data-edge");
    if (!key) return;
    for (const { edges } of this.player.pictures) edges.get(key)?.classList.toggle("pointed", kind === "pointerover");
  }
}
