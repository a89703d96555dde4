"""The transformer of the rows gpt on whole words, all places at once, in the way of each peer."""

from functools import cache
from math import sqrt

from ..clock import clock
from ..row import Stages, Training
from .in_c import doubles, ints, library


def settings(problem):
    return tuple(problem[name] for name in ("heads", "rate", "beta1", "beta2", "eps"))


def bias_correction(steps, rate, beta1, beta2, eps):
    """Adam's rate and eps at a step, corrected for all parameters at once."""
    root = (1 - beta2**steps) ** 0.5
    return rate * root / (1 - beta1**steps), eps * root


def numpy(problem):
    """By hand; all parameters lie side by side, and those of queries, keys and values are one matrix."""
    import numpy as np

    heads, rate, beta1, beta2, eps = settings(problem)
    words, weights = [np.array(word) for word in problem["words"]], problem["weights"]
    parameters = np.concatenate([np.ravel(matrix) for matrix in weights.values()])
    gradients, means, squares, scratch = (np.zeros_like(parameters) for _ in range(4))
    w, g, at = {}, {}, 0
    for name, matrix in weights.items():
        shape = np.shape(matrix)
        size = shape[0] * shape[1]
        w[name], g[name] = parameters[at : at + size].reshape(shape), gradients[at : at + size].reshape(shape)
        at += size
    embedding = len(weights["out"])
    width, root_width = embedding // heads, sqrt(embedding // heads)
    start = w["letters"].size + w["places"].size
    triple = slice(start, start + 3 * embedding**2)
    w_qkv, g_qkv = (flat[triple].reshape(3 * embedding, embedding) for flat in (parameters, gradients))
    steps = 0

    def norm(x):
        scale = 1 / np.sqrt((x * x).sum(1, keepdims=True) / embedding + 1e-5)
        return x * scale, scale

    def norm_back(x, scale, d):
        return scale * d - x * (scale**3 * ((x * d).sum(1, keepdims=True) / embedding))

    def adam():
        now, eps_now = bias_correction(steps, rate, beta1, beta2, eps)
        np.multiply(gradients, 1 - beta1, out=scratch)
        np.multiply(means, beta1, out=means)
        np.add(means, scratch, out=means)
        np.multiply(gradients, gradients, out=scratch)
        np.multiply(scratch, 1 - beta2, out=scratch)
        np.multiply(squares, beta2, out=squares)
        np.add(squares, scratch, out=squares)
        np.sqrt(squares, out=scratch)
        np.add(scratch, eps_now, out=scratch)
        np.divide(means, scratch, out=scratch)
        np.multiply(scratch, now, out=scratch)
        np.subtract(parameters, scratch, out=parameters)

    def step():
        nonlocal steps
        word = words[steps % len(words)]
        n, past, following = len(word) - 1, word[:-1], word[1:]
        # Forward.
        x0 = w["letters"][past] + w["places"][:n]
        x1, scale0 = norm(x0)
        normed1, scale1 = norm(x1)
        q, k, v = (normed1 @ w_qkv.T).reshape(n, 3, heads, width).transpose(1, 2, 0, 3)
        shares = np.exp(q @ k.transpose(0, 2, 1) / root_width) * np.tri(n)
        shares /= shares.sum(2, keepdims=True)
        mixed = (shares @ v).transpose(1, 0, 2).reshape(n, embedding)
        x2 = x1 + mixed @ w["out"].T
        normed2, scale2 = norm(x2)
        hidden = np.maximum(normed2 @ w["up"].T, 0)
        x3 = x2 + hidden @ w["down"].T
        d = np.exp(x3 @ w["scores"].T)
        d /= d.sum(1, keepdims=True)
        places = np.arange(n), following
        loss = -np.log(d[places]).sum() / n
        # Backward.
        d[places] -= 1
        d /= n
        np.matmul(d.T, x3, out=g["scores"])
        dx = d @ w["scores"]
        np.matmul(dx.T, hidden, out=g["down"])
        d = (dx @ w["down"]) * (hidden > 0)
        np.matmul(d.T, normed2, out=g["up"])
        dx += norm_back(x2, scale2, d @ w["up"])
        np.matmul(dx.T, mixed, out=g["out"])
        d_mixed = (dx @ w["out"]).reshape(n, heads, width).transpose(1, 0, 2)
        d = d_mixed @ v.transpose(0, 2, 1)
        d = shares * (d - (shares * d).sum(2, keepdims=True)) / root_width
        d = np.stack([d @ k, d.transpose(0, 2, 1) @ q, shares.transpose(0, 2, 1) @ d_mixed])
        d = d.transpose(2, 0, 1, 3).reshape(n, 3 * embedding)
        np.matmul(d.T, normed1, out=g_qkv)
        dx = norm_back(x0, scale0, dx + norm_back(x1, scale1, d @ w_qkv))
        g["letters"][:] = 0
        np.add.at(g["letters"], past, dx)
        g["places"][:n], g["places"][n:] = dx, 0
        steps += 1
        adam()
        return [float(loss)]

    return Training(step, gradients.tolist)


@cache
def jax_compiled(heads, *adam):
    import jax
    from jax import numpy as jnp

    def norm(x):
        return x * jax.lax.rsqrt((x * x).mean(1, keepdims=True) + 1e-5)

    def loss_of(w, word):
        n, embedding = len(word) - 1, len(w["out"])
        x = norm(w["letters"][word[:-1]] + w["places"][:n])
        q, k, v = ((norm(x) @ w[name].T).reshape(n, heads, -1).swapaxes(0, 1) for name in ("query", "key", "value"))
        scores = q @ k.swapaxes(1, 2) / sqrt(embedding // heads)
        shares = jax.nn.softmax(jnp.where(jnp.tri(n, dtype=bool), scores, -jnp.inf))
        x = x + (shares @ v).swapaxes(0, 1).reshape(n, embedding) @ w["out"].T
        x = x + jax.nn.relu(norm(x) @ w["up"].T) @ w["down"].T
        return -jnp.take_along_axis(jax.nn.log_softmax(x @ w["scores"].T), word[1:, None], 1).mean()

    def step(state, word):
        w, means, squares, steps = state
        loss, g = jax.value_and_grad(loss_of)(w, word)
        steps, (_, beta1, beta2, _) = steps + 1, adam
        rate, eps = bias_correction(steps, *adam)
        means = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, means, g)
        squares = jax.tree.map(lambda s, g: beta2 * s + (1 - beta2) * g * g, squares, g)
        w = jax.tree.map(lambda w, m, s: w - rate * m / (jnp.sqrt(s) + eps), w, means, squares)
        return (w, means, squares, steps), loss

    return jax.jit(step, donate_argnums=0), jax.jit(jax.grad(loss_of))


def jax_state(problem):
    """What a step changes: the matrices, Adam's means and squares, and the number of steps."""
    import jax
    from jax import numpy as jnp

    w = {name: jnp.array(matrix) for name, matrix in problem["weights"].items()}
    return w, jax.tree.map(jnp.zeros_like, w), jax.tree.map(jnp.zeros_like, w), jnp.zeros(())


def jax(problem):
    from jax import numpy as jnp

    train, gradients_of = jax_compiled(*settings(problem))
    words, state = [jnp.array(word) for word in problem["words"]], jax_state(problem)
    steps = 0

    def step():
        nonlocal state, steps
        state, loss = train(state, words[steps % len(words)])
        steps += 1
        return loss

    def gradients():
        found = gradients_of(jax_state(problem)[0], words[0])
        return [number for name in problem["weights"] for number in found[name].ravel().tolist()]

    return Training(step, gradients)


def jax_compiling(problem):
    """The compilation of a step alone."""
    import jax
    from jax import numpy as jnp

    train, state, word = jax_compiled(*settings(problem))[0], jax_state(problem), jnp.array(problem["words"][0])

    def step():
        jax.clear_caches()
        started = clock()
        train.lower(state, word).compile()
        return Stages({"": clock() - started})

    return step


def torch_loss(heads):
    """The loss as a function of the model's matrices and a word."""
    from torch.nn import functional as F

    def loss_of(w, word):
        embedding = w["out"].shape[0]

        def norm(x):
            return F.rms_norm(x, (embedding,), eps=1e-5)

        def parts(name, x):
            return F.linear(x, w[name]).view(-1, heads, embedding // heads).transpose(0, 1)

        x = norm(w["letters"][word[:-1]] + w["places"][: len(word) - 1])
        normed = norm(x)
        queries, keys, values = (parts(name, normed) for name in ("query", "key", "value"))
        mixed = F.scaled_dot_product_attention(queries, keys, values, is_causal=True)
        x = x + F.linear(mixed.transpose(0, 1).reshape(-1, embedding), w["out"])
        x = x + F.linear(F.linear(norm(x), w["up"]).relu(), w["down"])
        return F.cross_entropy(F.linear(x, w["scores"]), word[1:])

    return loss_of


def torch(problem):
    import torch

    heads, rate, beta1, beta2, eps = settings(problem)
    model = {name: torch.tensor(matrix, requires_grad=True) for name, matrix in problem["weights"].items()}
    words, loss_of = [torch.tensor(word) for word in problem["words"]], torch_loss(heads)
    optimizer = torch.optim.Adam(model.values(), lr=rate, betas=(beta1, beta2), eps=eps)
    steps = 0

    def step():
        nonlocal steps
        loss = loss_of(model, words[steps % len(words)])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        steps += 1
        return loss

    return Training(step, lambda: [number for w in model.values() for number in w.grad.ravel().tolist()])


@cache
def torch_step(heads, *adam):
    import torch

    loss_of, (_, beta1, beta2, _) = torch_loss(heads), adam

    def step(w, means, squares, steps, word):
        gradients, loss = torch.func.grad_and_value(loss_of)(w, word)
        rate, eps = bias_correction(steps, *adam)
        for name, g in gradients.items():
            means[name].mul_(beta1).add_((1 - beta1) * g)
            squares[name].mul_(beta2).add_((1 - beta2) * g * g)
            w[name].sub_(rate * means[name] / (squares[name].sqrt() + eps))
        return loss

    return torch.compile(step, fullgraph=True), torch.func.grad(loss_of)


def torch_compile(problem):
    import torch

    train, gradients_of = torch_step(*settings(problem))
    w, first = ({name: torch.tensor(matrix) for name, matrix in problem["weights"].items()} for _ in range(2))
    means, squares = ({name: torch.zeros_like(matrix) for name, matrix in w.items()} for _ in range(2))
    words, steps, done = [torch.tensor(word) for word in problem["words"]], torch.tensor(0.0), 0

    def step():
        nonlocal done
        done += 1
        steps.add_(
            1
        )  # in the compiled function, PyTorch 2.13 takes the correction from before the step, a division by 0
        return train(w, means, squares, steps, words[(done - 1) % len(words)])

    def gradients():
        found = gradients_of(first, words[0])
        return [number for name in first for number in found[name].ravel().tolist()]

    return Training(step, gradients)


def c(problem):
    weights = problem["weights"]
    found = library(
        "gpt.c",
        PLACES=len(problem["words"][0]) - 1,
        CONTEXT=len(weights["places"]),
        EMBEDDING=len(weights["out"]),
        HEADS=problem["heads"],
        VOCABULARY=len(weights["letters"]),
        HIDDEN=len(weights["up"]),
        **{name.upper(): problem[name] for name in ("rate", "beta1", "beta2", "eps")},
    )
    numbers = doubles([x for matrix in weights.values() for row in matrix for x in row])
    found.set(numbers)
    words, steps = [ints(word) for word in problem["words"]], 0

    def step():
        nonlocal steps
        loss = found.train(words[steps % len(words)])
        steps += 1
        return [loss]

    def gradients():
        found.gradients(numbers)
        return list(numbers)

    return Training(step, gradients)


QUICK_PEERS = {"numpy": numpy, "c": c, "jax": jax, "torch": torch}
PEERS = QUICK_PEERS | {"torch-compile": torch_compile}
