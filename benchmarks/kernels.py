"""Recurrent layers, forwards and back: compiled code beside torch.nn and Python.

    python benchmarks/kernels.py [layers] [large] [networks] [--rounds 15]

All ways of a row take turns in one process; a figure is the median over the rounds of
the ratio within a round, of the processor's time that the process took, so that
neighbours on the machine count little. Inputs have three features and need no gradient;
the gradient of the outputs is given.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import torch
from speed import print_head, print_row, ratios

import skseq
from skseq.networks import CELLS, compiled
from skseq.networks.side_by_side import side_by_side

SIZES = [(20, 32, 32), (100, 32, 32), (100, 64, 64), (100, 128, 32), (100, 128, 256)]
LARGE = [(100, 256, 256), (500, 32, 32), (500, 128, 256)]
LAYERS = [("rnn", 0.0), ("gru", 0.0), ("lstm", 0.0)]
LAYERS += [("lstm", 0.3), ("peephole_lstm", 0.0), ("gru", 0.3)]
N_FEATURES = 3
SECONDS = 0.02  # of a turn


def processor() -> str:
    """Return the processor's name."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return "unknown"


def processor_seconds(function: Callable[[], object], n: int) -> float:
    """Return the processor's time of one of n calls."""
    start = time.process_time()
    for _ in range(n):
        function()
    return (time.process_time() - start) / n


@contextmanager
def without_compiled_code():
    """Let layers run as where there is none."""
    library, compiled.library = compiled.library, lambda: None
    try:
        yield
    finally:
        compiled.library = library


def rounds(functions: dict[str, Callable], n_rounds: int) -> dict[str, list[float]]:
    """Return the seconds of every function in every round."""
    n_calls = {}
    for name, function in functions.items():
        function()
        n_calls[name] = max(1, int(SECONDS / processor_seconds(function, 1)))
    times = {name: [] for name in functions}
    for _ in range(n_rounds):
        for name, function in functions.items():
            times[name].append(processor_seconds(function, n_calls[name]))
    return times


def layers(sizes: list[tuple[int, int, int]], n_rounds: int) -> None:
    """Print layers as multiples of torch.nn's, and of what runs without a compiler."""
    print_head("T, H, B", "cell", "us a step", "GFLOP/s", "nn", "nn.LSTM", "Python")
    for n_timesteps, hidden_size, batch_size in sizes:
        torch.manual_seed(0)
        x = torch.randn(batch_size, n_timesteps, N_FEATURES)
        d = torch.randn(batch_size, n_timesteps, hidden_size)
        lstm = CELLS["lstm"](N_FEATURES, hidden_size).kernel
        for cell, dropout in LAYERS:
            layer = CELLS[cell](
                N_FEATURES, hidden_size, recurrent_dropout=dropout
            ).train()

            def own(layer=layer, x=x, d=d) -> None:
                layer(x)[0].backward(d)

            def python(own=own) -> None:
                with without_compiled_code():
                    own()

            functions = {
                "own": own,
                "Python": python,
                "nn.LSTM": lambda x=x, d=d, lstm=lstm: lstm(x)[0].backward(d),
            }
            if layer.has_kernel and not dropout:
                functions["nn"] = lambda layer=layer, x=x, d=d: layer.kernel(x)[
                    0
                ].backward(d)
            times = rounds(functions, n_rounds)
            step = statistics.median(times["own"]) / n_timesteps
            n_gates = {"rnn": 1, "gru": 3}.get(cell, 4)
            flops = 6 * n_gates * batch_size * hidden_size * (hidden_size + N_FEATURES)
            print_row(
                f"{n_timesteps}, {hidden_size}, {batch_size}",
                cell + " dropout" * (dropout > 0),
                1e6 * step,
                f"{flops / step / 1e9:.0f}",
                *(
                    ratios(times, base)["own"] if base in times else ""
                    for base in ("nn", "nn.LSTM", "Python")
                ),
            )


def networks(sizes: list[tuple[int, int, int]], n_rounds: int) -> None:
    """Print five layers side by side as multiples of one."""
    print_head("T, H, B", "rnn", "gru", "lstm")
    for n_timesteps, hidden_size, batch_size in sizes:
        found = []
        for cell, dropout in LAYERS[:3]:
            one = CELLS[cell](N_FEATURES, hidden_size, recurrent_dropout=dropout)
            five = side_by_side([one] * 5)
            x = torch.randn(batch_size, n_timesteps, N_FEATURES)
            d = torch.randn(batch_size, n_timesteps, hidden_size)
            several = x.repeat(5, 1, 1), d.repeat(5, 1, 1)
            functions = {
                "one": lambda x=x, d=d, one=one: one(x)[0].backward(d),
                "five": lambda given=several, five=five: five(given[0])[0].backward(
                    given[1]
                ),
            }
            found.append(ratios(rounds(functions, n_rounds), "one")["five"])
        print_row(f"{n_timesteps}, {hidden_size}, {batch_size}", *found)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    tables = ["layers", "large", "networks"]
    parser.add_argument("tables", nargs="*", default=tables)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{processor()}, torch {torch.__version__}, skseq {skseq.__version__}:")
    print(f"layers {compiled.describe()}")
    for table in options.tables:
        sizes = LARGE if table == "large" else SIZES
        (networks if table == "networks" else layers)(sizes, options.rounds)


if __name__ == "__main__":
    main()
