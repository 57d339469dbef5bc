"""Sequences whose labels are noisy: what `benchmarks/noisy.py` asks of defaults.

A cell is a task, a kind of signal, a share of noise, a number of sequences, their
length, the number of channels and the share of the rarer class. Half of them, drawn
by a seed, are for choosing defaults, the others are looked at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SIGNALS = ("level", "last", "order", "interaction", "motif")
N_TEST = 2000
MOTIF = np.array([0.0, 2.0, -2.0, 2.0, 0.0])


@dataclass(frozen=True)
class Cell:
    """One problem; its data are those of its number."""

    number: int
    task: str
    signal: str
    noise: float
    n_samples: int
    length: int
    is_ragged: bool
    n_channels: int
    rare: float

    @property
    def name(self) -> str:
        """What tables call it."""
        steps = f"{self.length // 2}-{self.length}" if self.is_ragged else self.length
        balance = "" if self.task == "regression" else f", {self.rare:.0%}"
        return (
            f"{self.signal}, noise {self.noise:.0%}, {self.n_samples} x {steps} x "
            f"{self.n_channels}{balance}"
        )


def make_cells(n_cells: int = 96, seed: int = 0) -> tuple[list[Cell], list[Cell]]:
    """Return cells for choosing, and cells to look at once.

    Parameters
    ----------
    n_cells : int, default=96
        How many in all; two of three are classification.
    seed : int, default=0
        Draws them, and which half is which.

    Returns
    -------
    choosing, kept : list of Cell
    """
    rng = np.random.default_rng(seed)
    cells = []
    for number in range(n_cells):
        signal = SIGNALS[number % len(SIGNALS)]
        cells.append(
            Cell(
                number,
                "regression" if number % 3 == 2 else "classification",
                signal,
                float(rng.choice([0.0, 0.1, 0.2, 0.4])),
                int(rng.choice([100, 300, 1000, 3000])),
                int(rng.choice([10, 30, 60, 200])),
                bool(rng.random() < 1 / 3),
                int(
                    rng.choice(
                        [2, 4, 8, 20]
                        if signal in ("order", "interaction")
                        else [1, 4, 8, 20]
                    )
                ),
                float(rng.choice([0.5, 0.5, 0.2, 0.1, 0.02])),
            )
        )
    order = rng.permutation(n_cells)
    half = n_cells // 2
    return [cells[i] for i in sorted(order[:half])], [
        cells[i] for i in sorted(order[half:])
    ]


def draw(
    cell: Cell,
) -> tuple[list[np.ndarray], np.ndarray, list[np.ndarray], np.ndarray]:
    """Return X, y to learn from and X, y to be asked for.

    Steps are normal and related to the step before; the signal is what `signal` says.
    Of classes, the highest signals are the rarer one, and a share `noise` of labels is
    drawn anew at the base rate; of numbers, noise is that share of their variance. The
    labels of the test part are as noisy.
    """
    rng = np.random.default_rng([cell.number, 7])
    n = cell.n_samples + N_TEST
    lengths = np.full(n, cell.length)
    if cell.is_ragged:
        lengths = rng.integers(cell.length // 2, cell.length + 1, size=n)
    X, signal = [], np.empty(n)
    for i, length in enumerate(lengths):
        x = rng.normal(size=(length, cell.n_channels))
        for step in range(1, length):
            x[step] = 0.5 * x[step - 1] + 0.75**0.5 * x[step]
        signal[i] = SAY[cell.signal](x, rng)
        X.append(x)
    signal = (signal - signal.mean()) / signal.std()
    if cell.task == "regression":
        error = rng.normal(size=n) * cell.noise**0.5
        y = signal * (1 - cell.noise) ** 0.5 + error
    else:
        y = (signal > np.quantile(signal[: cell.n_samples], 1 - cell.rare)).astype(int)
        anew = rng.random(n) < cell.noise
        y[anew] = rng.random(anew.sum()) < cell.rare
        while y[: cell.n_samples].sum() < 5:  # else there is nothing to learn from
            y[rng.integers(cell.n_samples)] = 1
    m = cell.n_samples
    return X[:m], y[:m], X[m:], y[m:]


def _level(x, rng):
    return x[:, 0].mean() * len(x) ** 0.5


def _last(x, rng):
    return 0.7 ** np.arange(len(x))[::-1] @ x[:, 0]


def _order(x, rng):
    """Put a bump into channel 0 before one in channel 1, or behind it."""
    first, second = np.sort(rng.choice(len(x), size=2, replace=False))
    is_before = rng.random() < 0.5
    x[first, 1 - is_before] += 4.0
    x[second, int(is_before)] += 4.0
    return (second - first) * (1 if is_before else -1)


def _interaction(x, rng):
    return np.mean(x[:, 0] * x[:, 1]) * len(x) ** 0.5


def _motif(x, rng):
    """Put a shape somewhere into channel 0, of any height."""
    start = rng.integers(len(x) - len(MOTIF) + 1) if len(x) > len(MOTIF) else 0
    height = rng.normal()
    x[start : start + len(MOTIF), 0] += height * MOTIF[: len(x)]
    return height


SAY = {
    "level": _level,
    "last": _last,
    "order": _order,
    "interaction": _interaction,
    "motif": _motif,
}
