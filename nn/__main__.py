"""`python -m nn`: trains networks on flowers and on handwritten digits, and draws pictures of what happens."""

import argparse
import sys
import time
from pathlib import Path

import autograd
from autograd.errors import AutogradError
from nn import MLP, SGD, AdamW, CosineAnnealingLR, cross_entropy, data, evaluate, fit, plots, predict
from nn.metrics import accuracy, confusion_matrix, predicted_class


def main(arguments: "list[str] | None" = None) -> int:
    """Run the demonstration; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m nn", description="Train networks on real data and draw them.")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the pictures (default: out)")
    parser.add_argument("--seed", type=int, default=0, help="fixes the split, the weights and the batches (default: 0)")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    log = DemoLog(options.out)
    started = time.perf_counter()
    try:
        flowers(log, options.seed)
        digits(log, options.seed)
    except AutogradError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    log.close(time.perf_counter() - started)
    return 0


class DemoLog:
    """Prints what happens, and keeps a list of the files written."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.files: list[tuple[Path, str]] = []
        self.missing: list[str] = []

    def say(self, text: str = "") -> None:
        print(text, flush=True)

    def save(self, picture, name: str, what: str) -> None:
        """Write a Figure or a drawing to a file, and remember what it shows."""
        path = self.folder / name
        picture.savefig(path, dpi=140) if hasattr(picture, "savefig") else picture.save(str(path))
        self.files.append((path, what))

    def draw(self, show, value, name: str, what: str) -> None:
        """Write what `show` makes of a graph to a file; if the drawing packages are missing, note that and go on."""
        try:
            self.save(show(value), name, what)
        except ImportError as error:
            self.missing.append(f"{self.folder / name} ({what}): {error}")

    def close(self, seconds: float) -> None:
        width = max(len(str(path)) for path, _ in self.files)
        self.say(f"\nDone in {seconds:.0f} s. Written:")
        for path, what in self.files:
            self.say(f"  {path!s:{width}}  {what}")
        for line in self.missing:
            self.say(f"  absent: {line}")


def flowers(log: DemoLog, seed: int) -> None:
    """Iris: train on all four measurements, evaluate on the held-out quarter, and draw."""
    log.say("Fisher's iris: 150 flowers of three species, four measurements each, in centimetres.")
    train, test = data.standardize(*data.split(data.iris(), seed=seed))
    model = MLP(4, [8, 3], activation="tanh", seed=seed)
    log.say(
        f"{len(train)} flowers to learn from, {len(test)} held out. A network of {len(model.parameters())} "
        "parameters, each a Value:"
    )
    log.say(str(model))
    history = fit(
        model,
        cross_entropy,
        train,
        epochs=40,
        batch_size=16,
        optimizer=SGD(model.parameters(), lr=0.2),
        seed=seed,
        validation=test,
    )
    right = evaluate(model, cross_entropy, test, accuracy)["accuracy"]
    log.say(
        f"Loss {history['loss'][0]:.3f} in the first epoch, {history['loss'][-1]:.3f} in the last. "
        f"Of the flowers it never saw it names {round(right * len(test))} of {len(test)} right, "
        f"{100 * right:.1f} %."
    )
    log.save(history.plot(), "iris-curves.png", "loss and accuracy over the epochs, on both parts of the data")
    petals(log, seed)
    graphs(log, model, train)


def petals(log: DemoLog, seed: int) -> None:
    """A second network on two measurements, whose decisions can be drawn in the plane."""
    train, test = data.split(data.iris().select(2, 3), seed=seed)
    model = MLP(2, [8, 3], activation="tanh", seed=seed)
    log.say("\nA second network sees only the petals, so that its decisions fit on a page:")
    fit(model, cross_entropy, train, epochs=60, batch_size=16, optimizer=SGD(model.parameters(), lr=0.1), seed=seed)
    right = evaluate(model, cross_entropy, test, accuracy)["accuracy"]
    log.say(f"It names {round(right * len(test))} of the {len(test)} held-out flowers right.")
    log.save(
        plots.plot_decision_boundary(model, data.iris().select(2, 3)),
        "iris-boundary.png",
        "the species that the petal network gives to every point of the plane",
    )


def graphs(log: DemoLog, model: MLP, train: data.Dataset) -> None:
    """Draw one neuron, and the loss of one flower down to the inputs, each after backward."""
    numbers, species = train[0]
    inputs = [autograd.Value(x, label=name.removesuffix(" (cm)")) for x, name in zip(numbers, train.features)]
    neuron = model.layers[0].neurons[0](inputs)
    neuron.backward()
    log.draw(autograd.draw, neuron, "neuron.svg", "one neuron of the iris network after backward")
    model.zero_grad()
    loss = cross_entropy(model(inputs), species)
    loss.label = f"loss ({train.classes[species]})"
    loss.backward()
    log.draw(autograd.draw, loss, "loss.svg", "the whole loss of one flower after backward")
    log.draw(autograd.play, loss, "backprop.html", "the same, to step through forwards and backwards in a browser")


def digits(log: DemoLog, seed: int) -> None:
    """Handwritten digits: train on pixels, and show the mistakes that remain."""
    train, test = data.split(data.digits(), seed=seed)
    log.say(f"\nHandwritten digits: {len(train)} pictures of 8 by 8 pixels to learn from, {len(test)} held out.")
    model = MLP(64, [32, 10], init="kaiming_uniform", seed=seed)
    epochs, started = 20 if autograd.backend == "native" else 4, time.perf_counter()
    if epochs < 20:
        log.say(f"The engine is not compiled, so this takes its time: {epochs} epochs instead of 20.")
    optimizer = AdamW(model.parameters(), lr=0.02, weight_decay=0.05)
    fit(
        model,
        cross_entropy,
        train,
        epochs=epochs,
        batch_size=64,
        optimizer=optimizer,
        seed=seed,
        schedule=CosineAnnealingLR(optimizer, epochs),
    )
    seconds = time.perf_counter() - started
    outputs = predict(model, test.inputs)
    guesses = list(map(predicted_class, outputs))
    right = accuracy(outputs, test.targets)
    took = f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"
    log.say(
        f"A network of {len(model.parameters()):,} parameters learnt them in {took}. Of the held-out "
        f"pictures it reads {round(right * len(test))} of {len(test)} right, {100 * right:.1f} %."
    )
    log.save(
        plots.plot_confusion_matrix(confusion_matrix(outputs, test.targets), test.classes),
        "digits-confusion.png",
        "which digits are taken for which",
    )
    wrong = [i for i, guess in enumerate(guesses) if guess != test.targets[i]][:16]
    if wrong:
        log.save(
            plots.plot_images(
                [test.inputs[i] for i in wrong], [f"{test.targets[i]} taken for {guesses[i]}" for i in wrong]
            ),
            "digits-mistakes.png",
            "pictures that it misread",
        )


if __name__ == "__main__":
    sys.exit(main())
