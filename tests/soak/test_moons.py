"""All hundred steps of micrograd's moons demonstration, on its engine and on this one."""

import os

import pytest
from test_micrograd import MOONS, OURS, run


@pytest.mark.skipif(not os.environ.get("GLASSGRAD_SOAK"), reason="takes minutes, most of them micrograd's")
def test_a_hundred_steps_of_moons():
    pytest.importorskip("micrograd", reason="micrograd is not installed")
    theirs, ours = (run(MOONS, imports, STEPS=100, BATCH=None)["history"] for imports in ({}, OURS))
    worst = max(abs(a - b) / b for (a, _), (b, _) in zip(ours, theirs, strict=True))
    assert worst < 1e-9
    assert [accuracy for _, accuracy in ours] == [accuracy for _, accuracy in theirs]
    print(f"\n| moons, 100 steps as written for micrograd | largest relative difference of a loss {worst:.1e} |")
