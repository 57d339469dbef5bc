"""What a fit needs beside data in a file, and how long it takes beside data in memory.

    python benchmarks/memory.py [--megabytes 160 1000] [--fits both "wide rows" ...]

Each cell runs in a fresh process: a fit of one batch, then one epoch over all sequences
(50 steps, 4 features, float32) in batches of 1024, from a memory map or from memory.
Forecasters read the same numbers as rows of 4 columns, or of 200 ("wide rows"), and
all stop after `--seconds`, if that is given.
Growth is the peak of resident memory, with pages of the file, above that of the fit of
one batch. Time is that of the processor; the system has the file in its cache.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SHAPE = (50, 4)
BATCH = 1024
FAST = {"cell": "rnn", "bidirectional": False, "hidden_size": 8, "max_epochs": 1}
FORECAST = {"cell": "rnn", "hidden_size": 8, "max_epochs": 1}
FITS = {
    "both": ("RNNClassifier", {**FAST, "normalize": "both"}),
    "feature": ("RNNClassifier", {**FAST, "normalize": "feature"}),
    "held out": ("RNNClassifier", {**FAST, "early_stopping": True}),
    "holes": ("RNNClassifier", {**FAST, "missing": "mask"}),
    "labels per step": ("RNNTagger", FAST),
    "convolutions": ("CNNClassifier", {"n_filters": (8,), "max_epochs": 1}),
    "rows": ("RNNForecaster", FORECAST),
    "wide rows": ("RNNForecaster", {**FORECAST, "channels": "joint"}),
    "odd rows": ("SequenceAnomalyDetector", {**FORECAST, "channels": "joint"}),
}


def peak(reset: bool = False) -> int:
    """Return the peak of resident memory, in bytes, since it was last reset."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM"))
    return 1024 * int(line.split()[1])


def measure(path: str, where: str, name: str, seconds: str) -> dict:
    """Fit, and return what it took."""
    import skseq
    from skseq.data.stored import let_go

    kind, options = FITS[name]
    X = np.load(path, mmap_mode="r" if where == "file" else None)
    data: tuple = (X, (X[:, 0, 0] > 0).astype(int))
    asked = (X,)
    if kind == "RNNTagger":
        data = X, np.tile((np.arange(SHAPE[0]) % 2).astype(np.int8), (len(X), 1))
    options = {**options, "batch_size": BATCH, "max_seconds": float(seconds) or None}
    if name.endswith("rows"):
        X = X.reshape(-1, SHAPE[1] * (1 if name == "rows" else SHAPE[0]))
        data = asked = (X,)
    if kind == "RNNForecaster":  # of the rows that follow
        asked = ()
    if kind == "SequenceAnomalyDetector":
        options = {"forecaster": skseq.RNNForecaster(**options)}
    model = getattr(skseq, kind)(random_state=0, **options)
    let_go(X)  # what telling the labels has mapped
    peak(reset=True)
    first = BATCH + 1  # which float64 is not affordable for
    model.fit(*(part[:first].copy() for part in data))
    model.predict(*(part[:first] for part in asked))
    before = peak()
    start = time.process_time()
    model.fit(*data)
    fitted = peak()
    lasted = time.process_time() - start
    model.predict(*asked)
    return {"fit": fitted - before, "both": peak() - before, "s": lasted}


def write(path: Path, megabytes: int) -> None:
    """Write noise, a block at a time."""
    n = megabytes * 10**6 // (4 * SHAPE[0] * SHAPE[1])
    file = np.lib.format.open_memmap(path, "w+", "f4", (n, *SHAPE))
    rng = np.random.default_rng(0)
    for i in range(0, n, 10_000):
        block = file[i : i + 10_000]
        block[:] = rng.normal(size=block.shape)
    file.flush()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, nargs="+", default=[160])
    parser.add_argument("--fits", nargs="+", default=[*FITS])
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(*options.one)))
        return
    print("| | MB | growth in fit / file | and predict | in memory / data | time |")
    print("|---|--:|--:|--:|--:|--:|")
    for megabytes in options.megabytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "X.npy"
            write(path, megabytes)
            for name in options.fits:
                found = {}
                for where in ("file", "memory"):
                    command = [
                        sys.executable,
                        __file__,
                        "--one",
                        str(path),
                        where,
                        name,
                        str(options.seconds),
                    ]
                    done = subprocess.run(command, capture_output=True, check=True)
                    found[where] = json.loads(done.stdout)
                size = megabytes * 10**6
                file, memory = found["file"], found["memory"]
                cells = (file["fit"], file["both"], memory["fit"])
                shares = " | ".join(f"{cell / size:.2f}" for cell in cells)
                ratio = file["s"] / memory["s"]
                print(f"| {name} | {megabytes} | {shares} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
