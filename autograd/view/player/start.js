// The last script of the page: it makes the player.

const MODES = { Training, Values, Paths, Nudge, Predict, Order, Mistakes };
const VIEWS = { Graph: GraphView, Network: NetworkView, Formula: FormulaView, Code: CodeView };
const root = /** @type {HTMLElement & { player: Player }} */ (document.currentScript?.previousElementSibling);
root.player = new Player(root, unpacked(DATA), RULES, MODES, VIEWS);
