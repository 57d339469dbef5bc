"""What unequal lengths and windows cost: padding, and the memory of windows.

    SKSEQ_DATA=/path/to/data python benchmarks/speed_lengths.py [lengths] [windows]

`lengths` counts the steps of padding that training batches hold, and times epochs of a
GRU beside equal sequences of the same total and beside batches padded to the longest
of all. `windows` prints the peak memory of one epoch over 100 000 windows, beside as
many batches of few rows, each in a process of its own (on Linux): as the C library
keeps freed memory, and told to give it back.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time

import numpy as np

DATA_SETS = ("PLAID", "JapaneseVowels")
ROUNDS = 5

# glibc keeps ever larger blocks for itself once it has freed one, unless told not to.
C_LIBRARIES = {
    "as it is": {},
    "gives back": {"MALLOC_MMAP_THRESHOLD_": "131072"},
}
WINDOWS = """
import re, sys
from pathlib import Path
import numpy as np
import torch
from skseq import RNNRegressor
from skseq.preprocessing import SlidingWindow
torch.set_num_threads(1)
task, n_rows, n_features, window_length = sys.argv[1], *map(int, sys.argv[2:])
table = np.random.default_rng(0).standard_normal((n_rows, n_features))
y = table[:, 0]
model = RNNRegressor(hidden_size=8, max_epochs=1, batch_size=256, random_state=0)
if task == "warm":  # torch's own memory: as many batches of few rows
    few = window_length + 512
    model.set_params(max_epochs=n_rows // 512)
    n_rows = few
if task in ("warm", "view"):
    windows = SlidingWindow(window_length).fit_transform(table[:n_rows])
    model.fit(windows, y[:n_rows])
status = Path("/proc/self/status").read_text()
print(int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1000)
"""


def load(name: str):
    """Return the training part."""
    sys.path.insert(0, os.environ["SKSEQ_DATA"])
    import load as loaders

    X, y, _, _ = (loaders.ucr if name == "PLAID" else loaders.uea)(name)
    return [np.asarray(x, np.float32).reshape(len(x), -1) for x in X], y


def lengths() -> None:
    """Print the padding of training batches and what it costs."""
    import torch

    from skseq import RNNClassifier
    from skseq.data.batching import BatchIterator, SequenceDataset
    from skseq.data.sequences import SequenceArray
    from skseq.preprocessing import SequencePadder

    torch.set_num_threads(1)
    print("| data | lengths | padding | s/epoch | equal lengths | padded to longest |")
    print("|---|---|---|---|---|---|")
    for name in DATA_SETS:
        X, y = load(name)
        sizes = np.array([len(x) for x in X])
        data = SequenceDataset(SequenceArray.from_list(X), torch.device("cpu"))
        generator = torch.Generator().manual_seed(0)
        batches = BatchIterator(data, 32, generator)
        padded = sum(batch.x.shape[0] * batch.x.shape[1] for batch in batches)
        steps = np.concatenate(X)
        mean_length = len(steps) // len(X)
        equal = steps[: mean_length * len(X)].reshape(len(X), mean_length, -1)
        longest = SequencePadder(padding="post").fit_transform(X)
        epochs = max(1, 100_000 // len(steps))
        model = RNNClassifier(cell="gru", max_epochs=epochs, random_state=0)
        times = {"as they are": [], "equal": [], "longest": []}
        for _ in range(ROUNDS):
            for found, given in zip(times.values(), (X, equal, longest), strict=True):
                start = time.perf_counter()
                model.fit(given, y)
                found.append((time.perf_counter() - start) / epochs)
        own = statistics.median(times["as they are"])
        padding = padded / sizes.sum() - 1
        ratios = [
            statistics.median(
                a / b for a, b in zip(times[kind], times["as they are"], strict=True)
            )
            for kind in ("equal", "longest")
        ]
        print(
            f"| {name} | {sizes.min()} to {sizes.max()} | {padding:.1%} "
            f"| {own:.2f} | {ratios[0]:.2f} | {ratios[1]:.2f} |",
            flush=True,
        )


def windows(n_rows: int = 100_000, n_features: int = 14, window_length: int = 720):
    """Print peaks of memory in MB."""
    table = n_rows * n_features * 8 / 1e6
    print(f"table of {n_rows} x {n_features} in float64: {table:.0f} MB")
    print(f"windows of {window_length} laid out: {table * window_length:.0f} MB")
    print("| C library | imports, table | few rows | all rows | more, in tables |")
    print("|---|---|---|---|---|")
    for library, settings in C_LIBRARIES.items():
        peaks = []
        for task in ("imports", "warm", "view"):
            sizes = map(str, (n_rows, n_features, window_length))
            command = [sys.executable, "-c", WINDOWS, task, *sizes]
            found = [
                float(subprocess.check_output(command, env=os.environ | settings))
                for _ in range(ROUNDS)
            ]
            peaks.append(statistics.median(found))
        columns = " | ".join(f"{peak:.0f}" for peak in peaks)
        print(f"| {library} | {columns} | {(peaks[2] - peaks[1]) / table:.2f} |")


SECTIONS = {"lengths": lengths, "windows": windows}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", default=list(SECTIONS))
    for section in parser.parse_args().sections or SECTIONS:
        SECTIONS[section]()


if __name__ == "__main__":
    main()
