// The buttons, lists and texts around the pictures, and what they call on the player.

const CAUTION = "The operations stay as they were recorded: Python's own if and while are not run again.";

class Controls {
  /** @param {Player} player */
  constructor(player) {
    const zoomed = (/** @type {number} */ factor) => () => player.zoomed().slice(-1)[0]?.zoomBy(factor);
    this.ticks = element("datalist", { id: "ticks" });
    this.slider = element("input", { type: "range", min: 0, step: 1, value: 0, "aria-label": "Step", list: "ticks",
                                     oninput: () => player.go(player.stops[this.slider.valueAsNumber]) });
    this.count = element("span", { class: "count" });
    this.playing = button("▶", "Play (space)", () => player.play());
    this.unit = choice("Step by", () => player.restop(), unitsOf(player.graphs[0].graph));
    this.speed = choice("Speed", () => player.timer !== undefined && player.play(true),
                        { 1: "1 a second", 4: "4 a second", 30: "30 a second" });
    this.follow = element("input", { type: "checkbox", checked: true });
    this.around = element("input", { type: "checkbox", onchange: () => player.refocus() });
    this.inside = choice("Inside", () => player.open(Number(this.inside.value)), {});
    this.insides = element("label", {}, "inside ", this.inside);
    this.altered = element("span", { class: "altered", title: CAUTION }, "numbers changed ",
                           button("As recorded", "Back to the numbers of the recording", () => player.restore()));
    this.shown = element("div", { class: "group", role: "group", "aria-label": "Views" });
    this.zooming = element("div", { class: "group" },
                           button("Fit", "Show the whole graph", () => player.zoom("fit")),
                           button("−", "Smaller", zoomed(1 / 1.25)), button("+", "Larger", zoomed(1.25)));
    this.tools = element("div", { class: "tools" }, this.shown, this.zooming, this.unit, this.speed,
                         element("label", {}, this.follow, " follow"),
                         element("label", {}, this.around, " only around the step"), this.insides, this.altered);
    this.bar = element("div", { class: "controls" },
                       button("«", "To the start (Home)", () => player.go(0)),
                       button("‹", "Step back (left arrow)", () => player.step(-1)),
                       button("›", "Step on (right arrow)", () => player.step(1)),
                       button("»", "To the end (End)", () => player.go(player.run.steps.length)),
                       this.playing, this.slider, this.ticks);
    this.spoken = element("p", { class: "spoken", "aria-live": "polite" });
    this.banner = element("div", { class: "banner" }, this.spoken, this.count);
    this.story = element("dl");
    this.tabs = element("div", { class: "tabs", role: "group", "aria-label": "What to do with the graph" });
    this.desk = element("div", { class: "desk" });
    this.aside = element("aside", { tabindex: 0, "aria-label": "The step" }, this.tabs, this.desk, this.story);
  }

  /**
   * Tell what the run's latest step does.
   * @param {Run} run
   * @param {number[]} stops
   */
  tell(run, stops) {
    const [first, ...lines] = toldPart(run, stops, this.unit.value) ?? told(run), place = `step ${run.at} of ${run.steps.length}`;
    this.slider.max = String(stops.length - 1);
    this.slider.value = String(stops.findIndex((stop) => stop >= run.at));
    this.slider.setAttribute("aria-valuetext", place);
    this.count.textContent = `${run.at}/${run.steps.length}`;
    this.spoken.replaceChildren(element("span", { class: "head" }, `${first[0]}: `), first[1]);
    this.spoken.title = first.join(": ");
    this.story.replaceChildren(...lines.flatMap(([head, text]) => [element("dt", {}, head), element("dd", {}, text)]));
  }

  /**
   * Say whether it plays. What comes fast is not spoken.
   * @param {boolean} on
   */
  showPlaying(on) {
    this.playing.textContent = on ? "■" : "▶";
    this.playing.setAttribute("aria-label", on ? "Stop (space)" : "Play (space)");
    this.spoken.setAttribute("aria-live", on && Number(this.speed.value) > 1 ? "off" : "polite");
  }

  /**
   * Mark a position on the slider, or none for -1.
   * @param {number} stop
   */
  tick(stop) {
    this.ticks.replaceChildren(...(stop < 0 ? [] : [element("option", { value: stop })]));
  }

  /**
   * Offer the insides of boxes.
   * @param {string[]} titles
   */
  offerInsides(titles) {
    this.inside.replaceChildren(...titles.map((title, value) => element("option", { value }, title)));
    this.insides.hidden = titles.length === 1;
  }
}

/**
 * @param {string} text
 * @param {string} label
 * @param {() => void} onclick
 */
function button(text, label, onclick) {
  return element("button", { title: label, "aria-label": label, onclick }, text);
}

/**
 * A list to choose from.
 * @param {string} label
 * @param {() => void} onchange
 * @param {Record<string, string>} options  text by value
 */
function choice(label, onchange, options) {
  const made = Object.entries(options).map(([value, text]) => element("option", { value }, text));
  return element("select", { "aria-label": label, onchange }, ...made);
}

/** How many nodes or leaves a list has at most; the others are clicked in the picture. */
const MOST_LISTED = 500;

/**
 * A list of nodes to pick one from, for the keyboard: [label, list]. Of very many it has the first.
 * @param {Graph} graph
 * @param {string} label
 * @param {number[]} nodes
 * @param {number} chosen
 * @param {(node: number) => void} action
 * @returns {[HTMLLabelElement, HTMLSelectElement]}
 */
function picker(graph, label, nodes, chosen, action) {
  const options = nodes.slice(0, MOST_LISTED).map((i) => element("option", { value: i }, graph.name(i)));
  const list = element("select", { onchange: () => action(Number(list.value)) }, ...options);
  const rest = element("option", { disabled: true }, `${nodes.length - MOST_LISTED} more: click them in the graph`);
  if (nodes.length > MOST_LISTED) list.append(rest);
  choose(list, graph, chosen);
  return [element("label", {}, `${label} `, list), list];
}

/**
 * Choose a node in such a list, to which it is added if it is missing.
 * @param {HTMLSelectElement} list
 * @param {Graph} graph
 * @param {number} node
 */
function choose(list, graph, node) {
  list.value = String(node);
  if (list.value === String(node)) return;
  list.prepend(element("option", { value: node }, graph.name(node)));
  list.value = String(node);
}
