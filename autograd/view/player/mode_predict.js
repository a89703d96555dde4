/** The next number is hidden: the learner works it out. */
class Predict extends Mode {
  static about = "Work out the next number yourself";
  right = 0;
  asked = 0;
  question = element("p");
  answer = element("input", { inputmode: "decimal", "aria-label": "Your answer", autocomplete: "off" });
  verdict = element("p", { class: "verdict", role: "status" });
  score = element("p");

  /** @param {HTMLElement} desk */
  enter(desk) {
    const show = element("button", { type: "button", onclick: () => this.give() }, "Show it");
    const form = element("form", {}, this.answer, element("button", {}, "Check"), show);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.check();
    });
    this.say("", false);
    desk.append(this.verdict, element("hr"), this.question, form, this.score);
    this.stepped();
  }

  /** The step that comes next, if any. */
  get next() {
    const { steps, at } = this.player.run;
    return steps[at];
  }

  stepped() {
    const { next } = this, end = "That was the last step. Go back to the start to do it again.";
    this.answer.disabled = !next;
    this.answer.value = "";
    this.question.textContent = next ? question(this.graph, next) : end;
    this.showScore();
  }

  showScore() {
    this.score.textContent = `${this.right} of ${this.asked} right`;
  }

  check() {
    const { next } = this, given = typedNumber(this.answer.value);
    if (!next) return;
    if (given === null) {
      this.verdict.textContent = `${JSON.stringify(this.answer.value)} is not a number.`;
      return;
    }
    const number = numberOf(this.graph, next), right = isClose(given, number);
    this.asked += 1;
    this.right += Number(right);
    this.say(right ? `Right: ${short(number)}.` : `Not ${short(given)}. ${correction(next, given)}`, !right);
    this.showScore();
    if (right) this.player.go(this.player.run.at + 1);
  }

  /**
   * @param {string} text
   * @param {boolean} wrong
   */
  say(text, wrong) {
    this.verdict.classList.toggle("wrong", wrong);
    this.verdict.textContent = text;
  }

  give() {
    const { next } = this;
    if (!next) return;
    this.asked += 1;
    this.say(`It is ${short(numberOf(this.graph, next))}.`, false);
    this.player.go(this.player.run.at + 1);
  }
}
