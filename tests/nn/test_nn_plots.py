"""Plots: that they show the numbers they are given. How they look was judged by eye."""

import pytest

import nn
from autograd.errors import ArgumentError
from nn import data, plots

pytest.importorskip("matplotlib", reason="matplotlib is not installed")


def rendered(figure):
    """The picture, to see that nothing fails or warns on the way to it."""
    picture = figure._repr_png_()
    assert picture.startswith(b"\x89PNG")
    return figure


def history():
    found = nn.History()
    for epoch, loss in enumerate([1.0, 0.5, 0.25], 1):
        found.append(epoch=epoch, loss=loss, accuracy=1 - loss / 2, val_loss=loss + 0.1, lr=0.1, seconds=epoch)
    return found


def test_history():
    figure = rendered(history().plot())
    left, right = figure.axes
    assert [list(line.get_ydata()) for line in left.lines] == [[1.0, 0.5, 0.25], [1.1, 0.6, 0.35]]
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["training", "validation"]
    assert left.lines[0].get_linestyle() != left.lines[1].get_linestyle()
    assert right.get_ylabel() == "accuracy"
    with pytest.raises(ArgumentError, match="the history is empty"):
        nn.History().plot()


@pytest.mark.parametrize("outs", [1, 3])
def test_decision_boundary(outs):
    examples = data.moons(30, seed=0) if outs == 1 else data.yin_yang(30, seed=0)
    model = nn.MLP(2, [4, outs], "tanh", seed=0)
    figure = rendered(plots.plot_decision_boundary(model, examples, steps=12))
    points = [
        tuple(map(float, offset))
        for group in figure.axes[0].collections
        if group.get_label() in examples.classes
        for offset in group.get_offsets()
    ]
    assert sorted(points) == sorted(map(tuple, examples.inputs))
    with pytest.raises(ArgumentError, match=r"expected inputs of 2 numbers, got 4. Choose two with data.select"):
        plots.plot_decision_boundary(nn.MLP(4, [2]), data.iris())


def test_decision_boundary_runs_where_the_scores_are_equal():
    model = nn.MLP(2, [2], init="zeros")
    b = [neuron.b for neuron in model.layers[0].neurons]
    b[0].data, b[1].data = 0.5, -0.5
    model.layers[0].neurons[1].w[0].data = 1.0  # class 1 leads where x > 1
    figure = rendered(plots.plot_decision_boundary(model, ([[0.0, 0.0], [2.0, 1.0]], [0, 1]), steps=41))
    lines = [
        path.vertices
        for group in figure.axes[0].collections
        if len(group.get_paths())
        for path in group.get_paths()
        if group.get_label().startswith("_")
    ]
    boundary = [x for vertices in lines for x, _ in vertices if abs(x - 1.0) < 1e-6]
    assert len(boundary) > 10


def test_confusion_matrix():
    figure = rendered(plots.plot_confusion_matrix([[5, 1], [0, 7]], ["cat", "dog"]))
    ax = figure.axes[0]
    assert [text.get_text() for text in ax.texts] == ["5", "1", "·", "7"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["cat", "dog"]
    rendered(plots.plot_confusion_matrix([[1, 0], [0, 1]]))


def test_images():
    figure = rendered(plots.plot_images(data.digits().inputs[:5], ["a", "b"], columns=3))
    assert [ax.get_title() for ax in figure.axes] == ["a", "b", "", "", ""]
    assert figure.axes[0].images[0].get_array().tolist()[0] == data.digits().inputs[0][:8]
    with pytest.raises(ArgumentError, match="expected square pictures, got 3 numbers"):
        plots.plot_images([[1.0, 2.0, 3.0]])


def test_histograms():
    model = nn.MLP(2, [5, 5, 1], "sigmoid", seed=0)
    nn.mse_loss(model([1.0, -1.0]), 3.0).backward()
    figure = rendered(plots.plot_histograms(model))
    left, right = figure.axes[::2], figure.axes[1::2]
    assert [ax.get_ylabel() for ax in left] == ["layer0", "layer1", "layer2"]
    assert [round(sum(bar.get_height() for bar in ax.patches)) for ax in left] == [15, 30, 6]
    medians = [ax.lines[0].get_xdata()[0] for ax in right]
    assert medians == sorted(medians)  # the sigmoid lets gradients vanish towards the input
    model.zero_grad()
    figure = rendered(plots.plot_histograms(model))
    assert [text.get_text() for ax in figure.axes for text in ax.texts] == [f"{n} of {n} are 0" for n in (15, 30, 6)]
    rendered(plots.plot_histograms(nn.GPT(3, 2, 4, 2, seed=0)))
    with pytest.raises(ArgumentError, match="the model has no parameters"):
        plots.plot_histograms(nn.ReLU())


def test_descent():
    model, line = nn.MLP(1, [1], seed=3), data.line(20, seed=0)
    path = plots.ParameterPath(model.parameters())
    start = path.numbers()
    nn.fit(
        model,
        nn.mse_loss,
        line,
        epochs=3,
        batch_size=10,
        optimizer=nn.SGD(model.parameters(), lr=0.1),
        seed=0,
        callbacks=[path],
        progress=False,
    )
    assert len(path.points) == 7
    assert path.points[0] == start
    assert path.points[-1] == path.numbers()
    figure = rendered(plots.plot_descent(model, nn.mse_loss, line, path))
    assert path.numbers() == path.points[-1]
    drawn = next(line for line in figure.axes[0].lines if line.get_label() == "the path of descent")
    assert list(map(list, zip(drawn.get_xdata(), drawn.get_ydata()))) == path.points
    w, b = path.points[-1]
    final = next(line for line in figure.axes[1].lines if line.get_label() == "the model")
    assert list(final.get_ydata()) == pytest.approx([w * x + b for x in final.get_xdata()])
    with pytest.raises(ArgumentError, match="expected a ParameterPath of 2 parameters, got 1"):
        plots.plot_loss_surface(model, nn.mse_loss, line, plots.ParameterPath(model.parameters()[:1]))
    with pytest.raises(ArgumentError, match="expected inputs of 1 number, got 2"):
        plots.plot_fit(model, data.moons(4))


def test_loss_surface_is_the_loss():
    model, line = nn.MLP(1, [1], seed=3), data.line(20, noise=0.0, seed=0)
    path = plots.ParameterPath(model.parameters())
    seen = []
    original = plots._loss_at

    def spy(batch, examples, *places):
        value = original(batch, examples, *places)
        seen.append(([number for _, number in places], value))
        return value

    plots._loss_at = spy
    try:
        plots.plot_loss_surface(model, nn.mse_loss, line, path, steps=4)
    finally:
        plots._loss_at = original
    assert len(seen) == 16
    for (w, b), value in seen:
        assert value == pytest.approx(sum((w * x[0] + b - y) ** 2 for x, y in line) / 20, rel=1e-9)


def test_plots_go_onto_given_axes():
    figure, axes = plots.new_figure(9, 3, columns=3)
    plots.plot_confusion_matrix([[1, 0], [0, 1]], ax=axes[0])
    plots.plot_decision_boundary(nn.MLP(2, [1], seed=0), data.xor(8, seed=0), steps=5, ax=axes[1])
    assert plots.plot_fit(nn.MLP(1, [1], seed=0), data.line(5, seed=0), ax=axes[2]) is figure
    rendered(figure)


def test_without_matplotlib(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"A plot needs matplotlib.*pip install matplotlib"):
        history().plot()


def test_names_of_any_length_are_shortened():
    from matplotlib.text import Text

    name = "x" * 100_000
    examples = data.Dataset([[0.0, 1.0], [1.0, 0.0]], [0, 1], features=[name, name], classes=[name, name])
    model = nn.MLP(2, [2], seed=0)
    for parameter in model.parameters():
        parameter.label = name
    pictures = [
        plots.plot_decision_boundary(model, examples, steps=3),
        plots.plot_images([[0.0]], [name]),
        plots.plot_confusion_matrix([[1, 0], [0, 1]], examples.classes),
        plots.plot_histograms(model),
    ]
    for figure in pictures:
        texts = [text.get_text() for text in figure.findobj(Text)]
        assert max(map(len, texts)) <= 40


def test_a_parameter_path_has_its_former_name_too():
    assert plots.Path is plots.ParameterPath
    with pytest.raises(AttributeError, match="has no attribute 'plot'"):
        _ = plots.plot
