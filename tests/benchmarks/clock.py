"""The clock of the benchmark: the time that passes, or, with BENCH_CLOCK=cpu, the time that the process has used.

A busy machine interrupts a process, which lengthens the time that passes; comparisons on it need the other.
"""

import os
from time import perf_counter, process_time

clock = process_time if os.environ.get("BENCH_CLOCK") == "cpu" else perf_counter
