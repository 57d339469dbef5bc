"""How long one answer takes, and what thousands of them leave in memory.

    python benchmarks/serving.py [latency] [memory] [--calls 20000]

One sample, or one new row, at a time, on one thread. All ways to ask run in turn; a
figure is the median of the calls, in microseconds of processor time, so that others on
the machine do not count, and a ratio the median of the ratios of neighbouring calls.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import psutil
import torch

from skseq import (
    CNNClassifier,
    CNNLSTMClassifier,
    RNNClassifier,
    RNNForecaster,
    RNNTagger,
    SequenceAnomalyDetector,
)
from skseq.persistence import export_onnx

CLASSIFIERS = {
    "RNNClassifier": RNNClassifier(),
    "RNNClassifier, GRU": RNNClassifier(cell="gru"),
    "RNNClassifier, LSTM": RNNClassifier(cell="lstm"),
    "CNNClassifier": CNNClassifier(),
    "CNNLSTMClassifier": CNNLSTMClassifier(),
}
FEW = {"max_epochs": 1, "n_threads": 1, "random_state": 0}
N_FEATURES, N_ROUNDS, N_WARM = 3, 200, 10
rng = np.random.default_rng(0)
Call = Callable[[], object]


def microseconds(calls: dict[str, Call]) -> dict[str, list[float]]:
    """Return the processor time of every way to ask, in turn."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for i in range(N_WARM + N_ROUNDS):
        for name, call in calls.items():
            start = time.thread_time_ns()
            call()
            if i >= N_WARM:
                times[name].append((time.thread_time_ns() - start) / 1000)
    return times


def print_row(*cells: object) -> None:
    """Print a row of a table."""
    shown = (f"{c:.2f}" if isinstance(c, float) and c < 100 else c for c in cells)
    print(
        "|",
        " | ".join(f"{c:.0f}" if isinstance(c, float) else str(c) for c in shown),
        "|",
        flush=True,
    )


def classifiers(n_timesteps: int) -> Iterator[tuple[str, dict[str, Call]]]:
    """Yield classifiers, and the ways to ask them."""
    X = rng.normal(size=(64, n_timesteps, N_FEATURES)).astype(np.float32)
    y = np.arange(len(X)) % 3
    one = X[:1]
    for name, model in CLASSIFIERS.items():
        model.set_params(**FEW).fit(X, y)
        module = model.module_.eval()
        tensor = (
            model._to_dataset(
                model._check_X(one, reset=False), np.dtype("f4"), torch.device("cpu")
            )
            .gather(torch.tensor([0]))
            .x
        )

        def alone(module=module, tensor=tensor) -> np.ndarray:
            with torch.inference_mode():
                return module(tensor, None).softmax(1).numpy()

        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "model.onnx"
            export_onnx(model, file)
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            session = onnxruntime.InferenceSession(file, options)
        feed = {"X": one}
        if "lengths" in [value.name for value in session.get_inputs()]:
            feed["lengths"] = np.array([n_timesteps])
        np.testing.assert_allclose(model.predict_proba(one), alone(), atol=1e-4)
        yield (
            name,
            {
                "module": alone,
                "skseq": lambda model=model: model.predict_proba(one),
                "ONNX": lambda session=session, feed=feed: session.run(None, feed),
            },
        )


def streams() -> Iterator[tuple[str, Call]]:
    """Yield what is asked whenever a row comes."""
    X = rng.normal(size=(40, 30, N_FEATURES))
    tagger = RNNTagger(cell="gru", **FEW).fit(X, X[..., 0] > 0).stateful()
    step = X[:1, :1]
    yield "RNNTagger.stateful().predict, a step", lambda: tagger.predict(step)
    index = pd.RangeIndex(200)
    table = pd.DataFrame({"y": np.sin(index / 5), "z": np.cos(index / 5)}, index)
    forecaster = RNNForecaster(window_length=24, horizon=6, **FEW).fit(table)
    detector = SequenceAnomalyDetector(RNNForecaster(window_length=24, **FEW)).fit(
        table
    )
    rows = itertools.count(200), itertools.count(200)
    ahead = pd.DataFrame(0.0, pd.RangeIndex(6), table.columns)

    def row(i: int) -> pd.DataFrame:
        return pd.DataFrame({"y": [np.sin(i / 5)], "z": [np.cos(i / 5)]}, [i])

    def forecast() -> None:
        i = next(rows[0])
        forecaster.update(row(i))
        ahead.index = pd.RangeIndex(i + 1, i + 7)
        forecaster.predict(ahead)

    def judge() -> None:
        new = row(next(rows[1]))
        detector.score_samples(new)
        detector.update(new)

    yield "RNNForecaster.update, .predict, a row", forecast
    yield "SequenceAnomalyDetector.score_samples, .update, a row", judge


def latency(n_calls: int) -> None:
    """Print how long one answer takes."""
    print_row(
        "one sample", "steps", "module µs", "skseq µs", "ratio", "ONNX Runtime µs"
    )
    print_row(*6 * ["---"])
    for n_timesteps in (20, 100):
        for name, calls in classifiers(n_timesteps):
            times = microseconds(calls)
            pairs = zip(times["skseq"], times["module"], strict=True)
            ratio = statistics.median(a / b for a, b in pairs)
            module, ours, onnx = map(statistics.median, times.values())
            print_row(name, n_timesteps, module, ours, ratio, onnx)
    print()
    print_row("one row", "µs")
    print_row(*2 * ["---"])
    for name, call in streams():
        (times,) = microseconds({name: call}).values()
        print_row(name, statistics.median(times))


def memory(n_calls: int) -> None:
    """Print how a process grows over so many calls, after a tenth of them."""
    print_row("calls", "of", "MB before", "MB more")
    print_row(*4 * ["---"])
    process = psutil.Process()
    asked = {name: calls["skseq"] for name, calls in classifiers(20)}
    for name, call in {
        "RNNClassifier": asked["RNNClassifier"],
        **dict(streams()),
    }.items():
        for _ in range(n_calls // 10):
            call()
        before = process.memory_info().rss
        for _ in range(n_calls):
            call()
        more = process.memory_info().rss - before
        print_row(n_calls, name, before / 2**20, more / 2**20)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    sections = {"latency": latency, "memory": memory}
    parser.add_argument("sections", nargs="*", choices=[[], *sections])
    parser.add_argument("--calls", type=int, default=20_000)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for name in arguments.sections or sections:
        sections[name](arguments.calls)


if __name__ == "__main__":
    main()
