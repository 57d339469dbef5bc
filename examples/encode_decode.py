"""
Encoder and decoder
===================

Sequences in, sequences of another length out.

Images of digits are read row by row. Seq2SeqClassifier spells what it saw, letter by
letter, and learns where each word ends; Seq2SeqRegressor sees the upper five rows only
and draws the lower three. Seq2SeqForecaster continues the monthly numbers of airline
passengers for two years, month by month, knowing which month each is. Takes half a
minute::

    python examples/encode_decode.py
"""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from sklearn.datasets import load_digits
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sktime.datasets import load_airline

from skseq import Seq2SeqClassifier, Seq2SeqForecaster, Seq2SeqRegressor

NAMES = [
    *("zero", "one", "two", "three", "four"),
    *("five", "six", "seven", "eight", "nine"),
]


def main() -> None:
    """Spell, complete, continue."""
    digits, codes = load_digits(return_X_y=True)
    images = digits.reshape(-1, 8, 8)  # eight rows of eight pixels
    train, test = train_test_split(
        np.arange(len(images)), test_size=0.3, stratify=codes, random_state=0
    )
    spell(images, [list(NAMES[code]) for code in codes], train, test)
    complete(images, train, test)
    go_on()
    plt.show()


def spell(images: np.ndarray, words: list, train: np.ndarray, test: np.ndarray) -> None:
    """Write the name of a digit; no word is known beforehand, but letters."""
    model = Seq2SeqClassifier(cell="gru", attention="general", random_state=0)
    model.set_params(max_epochs=20, lr=0.01)
    model.fit(images[train], [words[i] for i in train])
    share = model.score(images[test], [words[i] for i in test])
    written = ["".join(word) for word in model.predict(images[test[:8]])]
    print(f"Spelled without an error: {share:.3f} of {len(test)} images")
    print(f"  written: {' '.join(written)}")
    print(f"  correct: {' '.join(''.join(words[i]) for i in test[:8])}")


def complete(images: np.ndarray, train: np.ndarray, test: np.ndarray) -> None:
    """Draw the lower three rows of an image whose upper five are seen."""
    upper, lower = images[:, :5], images[:, 5:]
    model = Seq2SeqRegressor(cell="gru", hidden_size=128, max_epochs=20, random_state=0)
    model.fit(upper[train], lower[train])
    line = LinearRegression().fit(
        upper[train].reshape(len(train), -1), lower[train].reshape(len(train), -1)
    )
    drawn = line.predict(upper[test].reshape(len(test), -1)).reshape(-1, 8)
    print(f"Lower rows drawn: R² {model.score(upper[test], lower[test]):.3f}")
    print(f"  a linear map: {r2_score(lower[test].reshape(-1, 8), drawn):.3f}")
    chosen = test[:8]
    completed = np.hstack([upper[chosen], model.predict(upper[chosen])])
    figure, axes = plt.subplots(2, 8, figsize=(8, 2.4), layout="constrained")
    figure.suptitle("Digits as they are; below, three rows drawn by the network")
    for row, pictures in zip(axes, [images[chosen], completed], strict=True):
        for ax, picture in zip(row, pictures, strict=True):
            ax.imshow(picture, cmap="gray_r", vmin=0, vmax=16)
            ax.set_axis_off()
    for ax in axes[1]:
        ax.axhline(4.5, color="C1")


def go_on() -> None:
    """Forecast the last two years of the airline passengers."""
    passengers = np.log(load_airline())
    months = pd.get_dummies(passengers.index.month, prefix="month").set_axis(
        passengers.index
    )
    X = months.astype(float)
    model = Seq2SeqForecaster(
        window_length=24,
        horizon=24,
        known_future=tuple(X.columns),
        max_epochs=200,
        random_state=0,
    ).fit(X[:-24], passengers[:-24])
    forecast = np.exp(model.predict(X[-24:]))
    truth = np.exp(passengers[-24:])
    naive = pd.Series(np.exp(np.tile(passengers[-36:-24], 2)), truth.index)
    print("Passengers of two years, mean absolute percentage error:")
    print(f"  encoder-decoder: {100 * (forecast / truth - 1).abs().mean():.1f} %")
    print(
        f"  the year before, repeated: {100 * (naive / truth - 1).abs().mean():.1f} %"
    )
    _, ax = plt.subplots(figsize=(7, 3.5), layout="constrained")
    np.exp(passengers[-72:]).plot(ax=ax, color="0.4", label="passengers")
    forecast.plot(ax=ax, color="C0", label="encoder-decoder")
    naive.plot(ax=ax, color="C1", linestyle=":", label="the year before, repeated")
    ax.set(title="Two years, month by month", xlabel="", ylabel="thousands")
    ax.legend()


if __name__ == "__main__":
    main()
