"""Speed of training and prediction, beside plain PyTorch and the peers.

    python benchmarks/speed.py [fit] [dropout] [predict] [scaling] [--threads 1]

All competitors of a row run in turn within one process; a figure is the median over
the rounds of the ratio within a round, so that a machine's moods cancel. A fit is a
whole fit, from arrays to a trained estimator. The peak of a matrix product is printed
first, as what the machine can do at all. Keras is measured if it is installed.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from speed_peers import PEERS, keras_torch, skseq

from skseq import RNNClassifier

SIZES = list(itertools.product((20, 100, 500), (32, 128), (32, 256)))  # T, H, batch
LONG_ENOUGH = 0.3  # seconds of a bare fit
ROUNDS = 7


def seconds(function: Callable[[], object]) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def rounds(
    functions: dict[str, Callable[[], object]], n_rounds: int = ROUNDS
) -> dict[str, list[float]]:
    """Return the seconds of every function in every round."""
    for function in functions.values():
        function()
    times = {name: [] for name in functions}
    for _ in range(n_rounds):
        for name, function in functions.items():
            times[name].append(seconds(function))
    return times


def ratios(times: dict[str, list[float]], base: str) -> dict[str, float]:
    """Return the medians of the ratios to one competitor."""
    return {
        name: statistics.median(a / b for a, b in zip(values, times[base], strict=True))
        for name, values in times.items()
    }


def make_data(n: int, n_timesteps: int, n_features: int = 3):
    """Return random sequences and classes."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, n_timesteps, n_features)).astype(np.float32)
    return X, (X.sum(axis=(1, 2)) > 0).astype(np.int64)


def print_head(*names: str) -> None:
    """Print the head of a table."""
    print("\n| " + " | ".join(names) + " |\n|" + "---|" * len(names), flush=True)


def print_row(*values) -> None:
    """Print a row of a table."""
    cells = (f"{v:.2f}" if isinstance(v, float) else str(v) for v in values)
    print("| " + " | ".join(cells) + " |", flush=True)


def print_peak() -> None:
    """Print the speed of a matrix product."""
    a = torch.randn(1024, 1024)
    best = min(seconds(lambda: a @ a) for _ in range(20))
    print(f"torch {torch.__version__}, {torch.get_num_threads()} thread(s), ", end="")
    print(f"matrix product {2 * 1024**3 / best / 1e9:.0f} GFLOP/s in float32")


def matching_epochs(X, y, *args) -> int:
    """Return how many epochs make a bare fit long enough to be measured."""
    PEERS["bare"](X, y, *args, 1)
    one = seconds(lambda: PEERS["bare"](X, y, *args, 1))
    return int(np.clip(LONG_ENOUGH / one, 2, 30))


def multiplications(cell: str, n_timesteps: int, hidden_size: int, n: int) -> float:
    """Return those of an epoch: forwards, and twice as many back."""
    n_gates = {"rnn": 1, "gru": 3, "lstm": 4}[cell]
    return 3 * n * n_timesteps * n_gates * hidden_size * (hidden_size + 3)


def fit(cells=("rnn", "gru", "lstm")) -> None:
    """Print whole fits as multiples of a bare loop's time."""
    names = [name for name in PEERS if name != "bare"]
    print_head("cell", "steps", "hidden", "batch", "bare ms/epoch", "GFLOP/s", *names)
    for cell in cells:
        for n_timesteps, hidden_size, batch_size in SIZES:
            X, y = make_data(640 if batch_size == 32 else 1024, n_timesteps)
            args = cell, hidden_size, batch_size
            epochs = matching_epochs(X, y, *args)
            functions = {
                name: partial(train, X, y, *args, epochs)
                for name, train in PEERS.items()
                if (cell, name) != ("lstm", "sktime")
                and (n_timesteps, name) != (500, "Keras")  # minutes a row
            }
            n_rounds = ROUNDS if n_timesteps < 500 else 3
            times = rounds(functions, n_rounds)
            found = ratios(times, "bare")
            epoch = statistics.median(times["bare"]) / epochs
            flops = 2 * multiplications(cell, n_timesteps, hidden_size, len(X))
            print_row(
                *(cell, n_timesteps, hidden_size, batch_size, 1000 * epoch),
                f"{flops / epoch / 1e9:.0f}",
                *(found.get(name, "") for name in names),
            )


def dropout() -> None:
    """Print fits with recurrent dropout and with peepholes beside a bare LSTM."""
    names = ["dropout", "peepholes", "both"]
    with_keras = "Keras" in PEERS
    print_head("steps", "hidden", "batch", *names, *["Keras, dropout"] * with_keras)
    for n_timesteps, hidden_size, batch_size in SIZES:
        if n_timesteps == 500:
            continue
        X, y = make_data(640 if batch_size == 32 else 1024, n_timesteps)
        size = hidden_size, batch_size
        epochs = matching_epochs(X, y, "lstm", *size)

        bare = partial(PEERS["bare"], X, y, "lstm", *size, epochs)
        own = partial(skseq, X, y, hidden_size=hidden_size, batch_size=batch_size)
        own = partial(own, epochs=epochs)
        functions = {
            "bare": bare,
            "dropout": partial(own, cell="lstm", recurrent_dropout=0.3),
            "peepholes": partial(own, cell="peephole_lstm"),
            "both": partial(own, cell="peephole_lstm", recurrent_dropout=0.3),
        }
        found = ratios(rounds(functions), "bare")
        if with_keras:
            slow = partial(keras_torch, X, y, "lstm", *size, epochs, 0.3)
            found |= ratios(rounds({"bare": bare, "Keras": slow}, 1), "bare")
        del found["bare"]
        print_row(n_timesteps, *size, *found.values())


def predict() -> None:
    """Print predictions of one sample and of many beside the module alone."""
    print_head("samples", "cell", "steps", "hidden", "module ms", "predict_proba")
    for cell, n, n_timesteps in itertools.product(
        ("rnn", "gru", "lstm"), (1, 100_000), (20, 100)
    ):
        X, y = make_data(200, n_timesteps)
        model = RNNClassifier(
            cell=cell,
            max_epochs=1,
            n_threads=torch.get_num_threads(),
            random_state=0,
        ).fit(X, y)
        X = np.resize(X, (n, *X.shape[1:]))

        def alone(module=model.module_, X=X) -> None:
            with torch.inference_mode():
                for part in torch.from_numpy(X).split(4096):
                    module(part, None).softmax(1).numpy()

        # A single sample takes so little that many are needed for a figure.
        functions = {
            "alone": alone,
            "skseq": lambda model=model, X=X: model.predict_proba(X),
        }
        times = rounds(functions, 300 if n == 1 else 5)
        milliseconds = 1000 * statistics.median(times["alone"])
        print_row(
            n, cell, n_timesteps, 32, milliseconds, ratios(times, "alone")["skseq"]
        )


def scaling() -> None:
    """Print how the time of a fit grows with the size of the problem."""
    print_head("grows with", "sizes", "seconds", "exponent")
    base = {"n": 2000, "n_timesteps": 50, "hidden_size": 32}
    for name, values in (
        ("n", (1000, 2000, 4000, 8000, 16000)),
        ("n_timesteps", (25, 50, 100, 200, 400)),
        ("hidden_size", (32, 64, 128, 256)),
    ):
        found = []
        for value in values:
            size = {**base, name: value}
            X, y = make_data(size["n"], size["n_timesteps"])
            args = X, y, "lstm", size["hidden_size"], 128, 3
            found.append(min(seconds(lambda args=args: skseq(*args)) for _ in range(3)))
        exponent = np.polyfit(np.log(values), np.log(found), 1)[0]
        print_row(
            name,
            ", ".join(map(str, values)),
            ", ".join(f"{value:.2f}" for value in found),
            float(exponent),
        )


SECTIONS = {"fit": fit, "dropout": dropout, "predict": predict, "scaling": scaling}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sections", nargs="*", default=list(SECTIONS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--cells", nargs="*", default=["rnn", "gru", "lstm"])
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print_peak()
    SECTIONS["fit"] = partial(fit, options.cells)
    for section in options.sections or SECTIONS:
        SECTIONS[section]()


if __name__ == "__main__":
    main()
