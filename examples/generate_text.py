"""
Write texts
===========

Names of places that are none, and documentation of what is not there.

Two generators learn from real texts of every installation, character by character. The
first reads the cities of the world's time zones, a list of names; a grid search finds
the size of its network by the bits it takes to tell names it has not read. The second
reads the documentation of pandas' methods as one long text, and then writes on from
"Parameters" at several temperatures. Takes about half a minute::

    python examples/generate_text.py
"""

import inspect
from zoneinfo import available_timezones

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from sklearn.model_selection import GridSearchCV, KFold

from skseq import SequenceGenerator

N_CHARACTERS = 150_000


def read_cities() -> list[str]:
    """Return the cities after which time zones are named."""
    zones = [zone.split("/") for zone in available_timezones()]
    places = {zone[-1].replace("_", " ") for zone in zones if zone[0] != "Etc"}
    return sorted(place for place in places if place.replace(" ", "").isalpha())


def read_documentation() -> str:
    """Return what pandas says of the methods of its tables, without examples."""
    methods = [
        inspect.getdoc(getattr(kind, name)).split("\n\nExamples\n---")[0]
        for kind in (pd.DataFrame, pd.Series)
        for name in sorted(dir(kind))
        if name[0] != "_" and callable(getattr(kind, name))
    ]
    return "\n\n\n".join(dict.fromkeys(methods))[:N_CHARACTERS]


def main() -> None:
    """Learn, score and write."""
    cities = read_cities()
    print(f"{len(cities)} cities, such as {', '.join(cities[::100])}\n")
    search = GridSearchCV(
        SequenceGenerator(
            window_length=16, batch_size=8, dropout=0.3, max_epochs=12, random_state=0
        ),
        {"hidden_size": [16, 128]},
        cv=KFold(3, shuffle=True, random_state=0),
    )
    search.fit(cities)
    for size, score in zip(
        search.cv_results_["param_hidden_size"],
        search.cv_results_["mean_test_score"],
        strict=True,
    ):
        print(f"{size} units: {-score:.2f} bits per character of names not read")
    written = search.best_estimator_.generate(30, random_state=0)
    print("\nNew ones:", ", ".join(sorted({*written} - {*cities, ""})))
    begun = search.best_estimator_.generate(5, prefix="San ", random_state=0)
    print("Saints:", ", ".join(begun))
    draw_next_letters(search.best_estimator_, ["", "San ", "Saint J"])

    text = read_documentation()
    n_learned = int(0.9 * len(text))
    print(f"\n{n_learned} characters of documentation")
    model = SequenceGenerator(
        hidden_size=192, batch_size=16, max_epochs=10, random_state=0
    )
    model.fit(text[:n_learned])
    print(f"{-model.score(text[n_learned:]):.2f} bits per character of what follows")
    for temperature in (0.4, 0.7):
        (written,) = model.generate(
            prefix="Parameters\n----------\n",
            temperature=temperature,
            max_length=400,
            random_state=0,
        )
        print(f"\n--- temperature {temperature} ---\n{written}")
    plt.show()


def draw_next_letters(model: SequenceGenerator, beginnings: list[str]) -> None:
    """Show the letters that may come next, and how temperature sharpens the choice."""
    figure, axes = plt.subplots(
        len(beginnings), figsize=(7, 6), sharey=True, layout="constrained"
    )
    figure.suptitle("What may come next, and how temperature sharpens the choice")
    for beginning, ax in zip(beginnings, axes, strict=True):
        (usual,) = model.predict_proba([beginning])
        sharp = usual**2 / (usual**2).sum()  # at a temperature of one half
        likely = np.argsort(-usual)[:12]
        letters = [model.classes_[i].replace(" ", "space") for i in likely]
        ax.bar(letters, usual[likely], width=0.8, label="temperature 1")
        ax.bar(letters, sharp[likely], width=0.4, label="temperature .5")
        ax.set_title(f'after "{beginning}"', fontsize="medium")
        ax.set_ylabel("probability")
    axes[0].legend()


if __name__ == "__main__":
    main()
