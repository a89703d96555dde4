"""Small training runs that several tests use."""

import nn
from nn import data

LINE = ([[-1.0], [0.0], [1.0]], [-1.0, 1.0, 3.0])


def sgd(model, lr=0.1, **settings):
    return nn.SGD(model.parameters(), lr=lr, **settings)


def noisy(activation=None, p=0.25):
    return nn.Sequential(
        nn.Linear(2, 3, seed=1),
        activation or nn.Tanh(),
        nn.Dropout(p, seed=2),
        nn.Dropout(0.1),
        nn.Linear(3, 2, seed=3),
    )


def make_run(epochs=3, seed=0, model=None, loss=nn.cross_entropy, kind=nn.Adam, lr=0.05, **settings):
    """A run with everything in it that has a state."""
    model = model or noisy()
    optimizer = kind(model.parameters(), lr=lr, **{name: settings.pop(name) for name in ("betas",) if name in settings})
    settings = {"batch_size": 3, "schedule": nn.ExponentialLR(optimizer, 0.9)} | settings
    return nn.Run(model, loss, data.gate("xor"), optimizer, epochs=epochs, seed=seed, **settings)


def settled(
    path,
    act="tanh",
    lr=0.1,
    kind=nn.SGD,
    loss=nn.mse_loss,
    epochs=2,
    examples=None,
    batch_size=3,
    seed=0,
    resume="same",
    momentum=0.5,
    **settings,
):
    """A small run with a checkpoint: the model, the optimiser, and the rows of the history without seconds."""
    model = nn.MLP(1, [3, 1], act, seed=0)
    optimizer = kind(model.parameters(), lr=lr, **({"momentum": momentum} if kind is nn.SGD else {}))
    history = nn.fit(
        model,
        loss,
        examples or data.line(9, seed=0),
        epochs=epochs,
        batch_size=batch_size,
        seed=seed,
        optimizer=optimizer,
        checkpoint=path,
        resume=resume,
        progress=False,
        **settings,
    )
    return model, optimizer, [{name: x for name, x in row.items() if name != "seconds"} for row in history.rows]
