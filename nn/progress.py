"""The progress bar of a training run."""

from contextlib import contextmanager
from typing import Any

from nn.run import Run


@contextmanager
def progress_bar(run: Run, progress: bool):
    """A function that shows a run in a progress bar; it does nothing without `progress` or if tqdm is not installed."""
    tqdm = _tqdm() if progress else None
    if tqdm is None:
        yield lambda run: None
        return
    with tqdm(total=run.epochs * run.steps_per_epoch, initial=run.steps, unit="step", dynamic_ncols=True) as bar:

        def show(run: Run) -> None:
            bar.set_description_str(f"epoch {min(run.epoch + 1, run.epochs)}/{run.epochs}", refresh=False)
            bar.set_postfix_str(_shown(run.averages() or run.history[-1]), refresh=False)
            bar.update(run.epoch * run.steps_per_epoch + run.position - bar.n)

        yield show


def _tqdm() -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm


def _shown(row: dict[str, float]) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {100 * x:.1f} %"
        if name.endswith("accuracy")
        else f"{name.replace('_', ' ')} {x:.4f}"
        for name, x in row.items()
        if name not in SILENT
    )


SILENT = ("epoch", "lr", "seconds")
