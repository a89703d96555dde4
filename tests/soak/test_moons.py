"""All hundred steps of micrograd's moons demonstration, on its engine and on this one."""

import pytest
from soaking import SOAK
from test_micrograd import MOONS, OURS, run


@pytest.mark.skipif(not SOAK, reason="takes minutes, most of them micrograd's")
def test_a_hundred_steps_of_moons(figure):
    pytest.importorskip("micrograd", reason="micrograd is not installed")
    theirs, ours = (run(MOONS, imports, STEPS=100, BATCH=None)["history"] for imports in ({}, OURS))
    worst = max(abs(a - b) / b for (a, _), (b, _) in zip(ours, theirs, strict=True))
    assert worst < 1e-9
    assert [accuracy for _, accuracy in ours] == [accuracy for _, accuracy in theirs]
    figure("steps of micrograd's moons", 100, f"largest relative difference of a loss {worst:.1e}")
