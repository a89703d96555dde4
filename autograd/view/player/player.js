// The player: it holds graphs, pictures and the position in the pass together, and answers to clicks and keys.

class Player {
  /**
   * @param {HTMLElement} root  the element of the page that holds the pictures
   * @param {PageData} data
   * @param {Rules} rules
   * @param {Record<string, typeof Mode>} modes
   * @param {Record<string, typeof View>} views
   */
  constructor(root, data, rules, modes, views) {
    this.root = root;
    this.training = data.training;
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.stage = /** @type {HTMLElement} */ (root.querySelector(".stage"));
    const area = /** @type {HTMLElement} */ (this.stage.querySelector(".pane")), frame = element("div", { class: "graph" });
    area.replaceWith(element("div", { class: "main" }, frame));
    frame.append(area);
    const svgs = [...area.querySelectorAll("svg")];
    this.graphs = data.graphs.map((about) => {
      const graph = new Graph(about, rules);
      return { graph, pictures: about.pictures.map((picture) => (
        new Picture(picture.nodes ? drawn("svg") : /** @type {SVGSVGElement} */ (svgs.shift()), graph, picture))) };
    });
    root.classList.add("live");
    this.graph = this.graphs[0].graph;
    this.pictures = this.graphs[0].pictures;
    /** @type {Mode | null} */
    this.mode = null;
    this.modeName = "";
    /** @type {number[]} ReLUs that are 0 for every example of the training */
    this.dead = [];
    /** @type {number | null} the node in the middle of what is shown, if one was picked */
    this.center = null;
    this.viewed = false;  // whether the reader has chosen the views
    /** @type {Pane<Picture> | null} the pane that shows the inside of a box */
    this.detail = null;
    /** @type {Run | null} a run that goes along, with a mistake in it */
    this.other = null;
    /** @type {number | undefined} */
    this.timer = undefined;
    /** @type {number | undefined} */
    this.addressing = undefined;
    /** @type {number[]} */
    this.stops = [0];
    this.panes = [new Pane(this, area, this.pictures[0])];
    this.controls = new Controls(this);
    root.prepend(this.controls.tools, this.controls.banner);
    root.append(this.controls.aside, this.controls.bar);
    /** @type {Record<string, View>} */
    this.views = {};
    for (const [name, Kind] of Object.entries(views)) this.addView(name, Kind);
    for (const { graph, pictures } of this.graphs) {
      for (const picture of pictures) picture.addBadges(graph.failure ? [] : graph.backward);
    }
    this.run = new PaintedRun(this.graph, [], []);
    this.show(0);
    /** @type {Record<string, Mode>} */
    this.modes = {};
    const usable = this.graph.failure ? [] : Object.entries(modes).filter(([, Kind]) => Kind.fits(data));
    for (const [name, Kind] of usable) this.addMode(name, Kind);
    this.stage.addEventListener("click", (event) => this.clicked(/** @type {Element} */ (event.target)));
    new NodeFocus(this);
    document.addEventListener("keydown", (event) => this.pressed(event));
    addEventListener("hashchange", () => this.follow());
    addEventListener("resize", () => this.refit().reveal());
    if (data.training) this.choose("Training");
    this.follow(true);
  }

  /**
   * @param {string} name
   * @param {typeof Mode} Kind
   */
  addMode(name, Kind) {
    this.modes[name] = new Kind(this);
    this.controls.tabs.append(element("button", { title: Kind.about, onclick: () => this.choose(name),
                                                  "aria-pressed": "false" }, name));
  }

  /**
   * Show one of the graphs: a training may change the way in which the loss is computed.
   * @param {number} number
   */
  show(number) {
    this.open(0);
    this.graph = this.graphs[number].graph;
    this.pictures = this.graphs[number].pictures;
    this.panes[0].show(this.pictures[0]);
    const titles = this.pictures.map(({ scope }) => (scope === null ? "no box" : this.graph.boxes[scope].title));
    this.controls.offerInsides(titles);
    for (const view of Object.values(this.views)) view.changed();
    this.reload();
    this.refit();
  }

  /**
   * Show the inside of a box below the whole.
   * @param {number} i  the number of its picture; 0 for none
   */
  open(i) {
    const picture = i ? this.pictures[i] : null;
    this.controls.inside.value = String(i);
    if (picture === (this.detail?.picture ?? null)) return;
    picture?.wake(this.run, this.dead);
    if (picture && this.detail) this.detail.show(picture);
    else if (picture) {
      this.detail = new Pane(this, element("div", { class: "pane" }), picture);
      this.panes[0].frame.after(this.detail.frame);
      this.panes.splice(1, 0, this.detail);
    } else {
      this.detail?.remove();
      this.panes = this.panes.filter((pane) => pane !== this.detail);
      this.detail = null;
    }
    this.refit();
  }

  /**
   * The number of the picture in which a node is seen best: that of the innermost box around it.
   * @param {number} node
   */
  home(node) {
    const fits = (/** @type {Picture} */ { scope }) => scope === null || this.graph.isIn(node, scope);
    const showing = this.pictures.filter((picture) => picture.showsItself(node));
    return this.pictures.indexOf(showing.filter(fits).pop() ?? showing[0]);
  }

  /** Go back to the numbers of the recording. */
  restore() {
    if (this.training) this.modes.Training.restore();
    else {
      this.during(() => {
        this.graph.restore();
        this.reload();
      });
    }
  }

  /** Make the steps anew, after numbers or the order have changed, and go where we were. */
  reload(steps = this.graph.steps(), at = this.run.at) {
    this.controls.altered.hidden = !this.graph.changed;
    this.start(new PaintedRun(this.graph, this.pictures, steps), Math.min(at, steps.length));
  }

  /**
   * Take another run, and go to a position in it.
   * @param {PaintedRun} run
   * @param {number} at
   */
  start(run, at) {
    this.run = run;
    this.restop();
    this.go(at);
  }

  restop() {
    this.stops = stopsOf(this.graph, this.run.steps, this.controls.unit.value);
    this.controls.tell(this.run, this.stops);
  }

  /** @param {number} to */
  go(to) {
    const opened = this.run.at === 0;
    this.center = null;
    this.run.go(to);
    if (opened !== (this.run.at === 0)) this.refit();  // at the start the whole is shown
    this.other?.go(to);
    this.controls.tell(this.run, this.stops);
    for (const view of Object.values(this.views)) if (view.on) view.stepped();
    const { step } = this.run;
    if (step && this.controls.follow.checked) this.open(Math.max(0, this.home(step.node)));
    this.reveal();
    if (this.controls.around.checked) this.refocus();
    for (const pane of this.zoomed()) pane.map.update();
    this.mode?.stepped();
    this.addressSoon();
  }

  /**
   * Go one stop on or back; returns whether there is one.
   * @param {1 | -1} by
   */
  step(by) {
    const { at } = this.run;
    const next = by > 0 ? this.stops.find((stop) => stop > at) : this.stops.filter((stop) => stop < at).pop();
    if (next !== undefined) this.go(next);
    return next !== undefined;
  }

  /**
   * Mark a step on the slider, or none.
   * @param {number | null} step
   */
  mark(step) {
    this.controls.tick(step === null ? -1 : this.stops.indexOf(step));
  }

  /** Browsers allow some hundred changes of the address in half a minute. */
  addressSoon() {
    clearTimeout(this.addressing);
    this.addressing = setTimeout(() => this.address(), 200);
  }

  /** Write step, tool and views into the address, so that it can be copied; a page inside a notebook has none. */
  address() {
    const views = this.viewed ? Object.keys(this.views).filter((name) => this.views[name].on) : [];
    const frame = this.training && /** @type {Training} */ (this.modes.Training).slider.valueAsNumber;
    const hash = hashOf({ step: this.run.at, frame: frame || undefined, tool: this.modeName || undefined, views });
    if (location.protocol !== "about:") history.replaceState(null, "", hash);
  }

  /**
   * Go where the address says, as in backprop.html#step=7&tool=mistakes&views=network.
   * @param {boolean} [opening]
   */
  follow(opening = false) {
    const { step, frame, tool, views } = placeIn(location.hash);
    const known = views.filter((name) => name in this.views);
    this.viewed ||= known.length > 0;
    if (known.length) this.look(known);
    else if (opening) this.look(this.narrow() ? ["Graph"] : ["Graph", "Formula"]);
    if (frame && this.training) /** @type {Training} */ (this.modes.Training).show(frame);
    if (tool && tool in this.modes && tool !== this.modeName) this.choose(tool);
    if (opening || step !== this.run.at) if (!opening || step || !tool) this.go(step);
  }

  /** Whether there is room for one view only. */
  narrow() {
    return matchMedia("(max-width: 760px)").matches;
  }

  /**
   * @param {string} name
   * @param {typeof View} Kind
   */
  addView(name, Kind) {
    const view = this.views[name] = new Kind(this);
    if (name === "Network") this.stage.firstElementChild?.append(view.element);
    else if (name !== "Graph") this.stage.append(view.element);
    this.controls.shown.append(element("button", { title: Kind.about, "aria-pressed": "false",
                                                   onclick: () => this.toggle(name) }, name));
  }

  /**
   * Show or hide a view; where there is little room, show it alone.
   * @param {string} name
   */
  toggle(name) {
    const on = Object.keys(this.views).filter((other) => this.views[other].on);
    const next = this.narrow() ? [name] : on.includes(name) ? on.filter((other) => other !== name) : [...on, name];
    this.viewed = true;
    this.look(next.length ? next : [name]);
    this.addressSoon();
  }

  /**
   * Show some views, and no other.
   * @param {string[]} names
   */
  look(names) {
    for (const [name, view] of Object.entries(this.views)) view.show(names.includes(name));
    for (const tab of this.controls.shown.children) {
      tab.setAttribute("aria-pressed", String(names.includes(tab.textContent ?? "")));
    }
    this.refit().reveal();
  }

  play(on = this.timer === undefined) {
    clearInterval(this.timer);
    this.timer = undefined;
    if (on && this.run.at === this.run.steps.length) this.go(0);
    const pause = 1000 / Number(this.controls.speed.value);
    if (on) this.timer = setInterval(() => this.step(1) || this.play(false), pause);
    this.controls.showPlaying(on);
  }

  /** @param {Zoom} scale */
  zoom(scale) {
    for (const pane of this.zoomed()) pane.zoom(scale);
  }

  /** Zoom anew, after the room or what is in it has changed. */
  refit() {
    for (const pane of this.zoomed()) pane.zoom();
    return this;
  }

  /** Scroll to where the step is, if the reader wants to follow it. */
  reveal() {
    const { step } = this.run;
    if (!step || !this.controls.follow.checked) return;
    for (const pane of this.zoomed()) pane.reveal([step.node, changedBy(step)]);
  }

  /** The panes that are shown. */
  zoomed() {
    const { Graph, Network } = this.views ?? {}, network = /** @type {NetworkView | undefined} */ (Network)?.pane;
    return [...(Graph?.on === false ? [] : this.panes), ...(Network?.on && network ? [network] : [])];
  }

  /** Show only what is within two edges of the current step, or of the node that was picked; or everything. */
  refocus() {
    const { step } = this.run, around = this.controls.around.checked;
    const here = step ? [step.node, changedBy(step)] : [this.graph.result];
    const near = around ? this.graph.near(this.center === null ? here : [this.center], 2) : null;
    for (const picture of this.pictures) picture.focus(near);
    this.zoom("auto");
  }

  /**
   * Leave the mode, do something, and enter the mode again.
   * @param {() => void} action
   */
  during(action) {
    const name = this.modeName;
    if (name) this.choose(name);
    action();
    if (name) this.choose(name);
  }

  /**
   * Enter a mode, or leave it if it is the current one.
   * @param {string} name
   */
  choose(name) {
    const before = this.mode, { tabs, desk, aside } = this.controls;
    this.mode = null;
    before?.leave();
    this.mode = before === this.modes[name] ? null : this.modes[name];
    this.modeName = this.mode ? name : "";
    for (const tab of tabs.children) tab.setAttribute("aria-pressed", String(tab.textContent === this.modeName));
    desk.replaceChildren();
    aside.dataset.mode = this.modeName;
    this.mode?.enter(desk);
    tabs.querySelector("[aria-pressed=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.addressSoon();
  }

  /** @param {Element} target */
  clicked(target) {
    const { node, box } = /** @type {SVGGElement | null} */ (target.closest("g.node"))?.dataset ?? {};
    if (box !== undefined) this.open(this.pictures.findIndex(({ scope }) => scope === Number(box)));
    else if (node !== undefined) this.picked(Number(node));
  }

  /** @param {number} node */
  picked(node) {
    this.chosen = node;
    if (this.mode && this.mode.picked(node) !== false) return;
    if (this.controls.around.checked) {
      this.center = node;
      this.refocus();
    } else if (!this.mode) {
      this.choose("Paths");
      this.modes.Paths.picked(node);
    }
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const target = /** @type {Element} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || target.matches("input, select, textarea")) return;
    /** @type {Record<string, () => void>} */
    const moves = { ArrowRight: () => this.step(1), ArrowLeft: () => this.step(-1), Home: () => this.go(0),
                    End: () => this.go(this.run.steps.length) };
    if (!target.closest("button")) moves[" "] = () => this.mode?.plays() || this.play();
    if (!moves[event.key]) return;
    event.preventDefault();
    moves[event.key]();
  }
}
