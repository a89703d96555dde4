"""Helpers of tests: the code of a recording as a function, and what is compared with it."""

import importlib.util

import numpy as np

LANGUAGES = [name for name in ("numpy", "torch", "jax") if importlib.util.find_spec(name)]
WITH_GRADIENTS = [name for name in LANGUAGES if name != "numpy"]


def function_of(source):
    """The function that some source code defines last."""
    names: dict = {}
    exec(compile(source, "<source>", "exec"), names)
    return [thing for thing in names.values() if hasattr(thing, "__code__")][-1]


def tensors(language, tree):
    """Arrays in dicts and lists, as those of a library."""
    if isinstance(tree, dict):
        return {name: tensors(language, part) for name, part in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(tensors(language, part) for part in tree)
    if language == "torch":
        import torch

        return torch.tensor(np.asarray(tree), dtype=torch.float64)
    if language == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)
        return jax.numpy.asarray(np.asarray(tree, float))
    return np.asarray(tree, float)


def run(language, step, batch):
    """What the code of the latest recording returns for a batch, as NumPy arrays."""
    function = compiled(language, function_of(step.source(language)))
    found = function(tensors(language, step.arrays()), *(tensors(language, np.asarray(part, float)) for part in batch))
    return as_numpy(found)


def compiled(language, function):
    """JAX is quicker at compiling a function as a whole than operation by operation."""
    if language != "jax":
        return function
    import jax

    return jax.jit(function)


def as_numpy(tree):
    if isinstance(tree, dict):
        return {name: as_numpy(part) for name, part in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(map(as_numpy, tree))
    return np.asarray(tree.detach() if hasattr(tree, "detach") else tree)


def gradients(language, step, batch):
    """The derivatives of the mean result with respect to the parameters and the arguments, as NumPy arrays."""
    return values_and_gradients(language, step, batch)[1:]


def values_and_gradients(language, step, batch):
    """What `run` returns, and the derivatives of its mean: (values, of the parameters, of the arguments)."""
    function = function_of(step.source(language))
    parameters = tensors(language, step.arrays())
    arguments = [tensors(language, np.asarray(part, float)) for part in batch]
    if language == "jax":
        import jax

        def mean(parameters, arguments):
            values = function(parameters, *arguments)
            return values.mean(), values

        (_, values), found = jax.jit(jax.value_and_grad(mean, (0, 1), has_aux=True))(parameters, arguments)
        return as_numpy(values), *as_numpy(found)
    import torch

    leaves = [*parameters.values(), *arguments]
    for leaf in leaves:
        leaf.requires_grad_(True)
    values = function(parameters, *arguments)
    mean = values.mean()
    found = torch.autograd.grad(mean, leaves, allow_unused=True) if mean.requires_grad else [None] * len(leaves)
    found = [np.zeros(leaf.shape) if one is None else as_numpy(one) for one, leaf in zip(found, leaves)]
    return as_numpy(values), dict(zip(parameters, found)), found[len(parameters) :]


def engine_gradients(step, batch):
    """The same by this engine, with respect to the captured Values."""
    from autograd.matrices.leaves import captured_arrays

    loss = step.mean(*batch)
    program = step.program()
    for value in program.captured:
        value.grad = 0.0
    if hasattr(loss, "backward") and loss.requires_grad:
        loss.backward()
    at = dict(zip(program.captured_slots, program.captured))
    return {
        leaf.name: np.array([at[slot].grad for slot in leaf.slots]).reshape(leaf.shape)
        for leaf in captured_arrays(program)
    }
