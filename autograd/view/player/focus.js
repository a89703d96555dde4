// The keyboard in the picture: Tab reaches one node, ↑ and ↓ go from node to node, Enter picks one.

class NodeFocus {
  /** @param {Player} player */
  constructor(player) {
    this.player = player;
    player.stage.addEventListener("focusin", ({ target }) => this.entered(/** @type {Element} */ (target)));
    player.stage.addEventListener("keydown", (event) => this.pressed(event));
  }

  /**
   * Make the nodes of a picture reachable; the last one first, which is the result.
   * @param {Picture} picture
   */
  static prepare(picture) {
    const groups = [...picture.boxes.values(), ...picture.nodes.values()].map(({ group }) => group);
    for (const group of groups) {
      group.setAttribute("tabindex", "-1");
      group.setAttribute("role", "button");
    }
    groups[groups.length - 1]?.setAttribute("tabindex", "0");
  }

  /**
   * The node is named when it is reached: its numbers change with the step.
   * @param {Element} target
   */
  entered(target) {
    const group = /** @type {SVGGElement | null} */ (target.closest("g.node"));
    const svg = group?.ownerSVGElement;
    if (!group || !svg) return;
    group.setAttribute("aria-label", [...group.querySelectorAll("text")].map((text) => text.textContent).join(", "));
    for (const other of svg.querySelectorAll('g.node[tabindex="0"]')) other.setAttribute("tabindex", "-1");
    group.setAttribute("tabindex", "0");
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const group = /** @type {SVGGElement | null} */ (/** @type {Element} */ (event.target).closest("g.node"));
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!group) return;
    if (event.key === "Enter") this.player.clicked(group);
    else if (by) inOrder(group)[inOrder(group).indexOf(group) + by]?.focus();
    else return;
    event.preventDefault();
  }
}

/**
 * The nodes and closed boxes of the picture of one of them that are shown, in the order of the forward pass.
 * @param {SVGGElement} group
 */
function inOrder(group) {
  const groups = /** @type {NodeListOf<SVGGElement>} */ (group.ownerSVGElement?.querySelectorAll("g.node:not(.faded, .failed)"));
  const place = (/** @type {SVGGElement} */ { dataset }) => Number(dataset.first ?? dataset.node);
  return [...groups].sort((a, b) => place(a) - place(b));
}
