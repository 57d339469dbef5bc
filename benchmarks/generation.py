"""How well texts are told symbol by symbol, and samples of what is written.

    SKSEQ_DATA=/path/to/data python benchmarks/generation.py [--choose] [names]

Tiny Shakespeare: the first 90 % are learned, the last 10 % told. Names: shuffled with
seed 42, 80 % learned, 10 % for choices, 10 % told. The settings were chosen with
`--choose`, which never reads what is told in the end: the last 10 % of the part to
learn from Shakespeare, and the names for choices, stand in for it. Figures are in nats
per symbol, the end of a name being one. The third, 1500 names of these (drawn by
``numpy.random.RandomState(16)``), a tenth of which is told, is for the defaults; what
is to be reached is an interpolated 4-gram (Witten and Bell, 1991), made here. With
`--choose` it is another 1500.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import sys
import time
from collections import Counter, defaultdict

import numpy as np

from skseq import SequenceGenerator

MODELS = {
    "shakespeare": SequenceGenerator(
        embedding_dim=64,
        hidden_size=448,
        dropout=0.4,
        window_length=64,
        batch_size=64,
        lr=4e-3,
        max_epochs=9,
        random_state=0,
    ),
    "names": SequenceGenerator(
        embedding_dim=32,
        hidden_size=128,
        dropout=0.2,
        window_length=16,
        batch_size=32,
        lr=4e-3,
        max_epochs=20,
        random_state=0,
    ),
}
MODELS["few_names"] = SequenceGenerator(random_state=0)
TO_REACH = {"shakespeare": 1.60, "names": 2.04}
N_FEW, N_TOLD = 1500, 150


def load(name: str, choose: bool):
    """Return what to learn from and what to tell."""
    sys.path.insert(0, os.environ["SKSEQ_DATA"])
    import load as loaders

    if name == "shakespeare":
        text = loaders.tinyshakespeare()
        n = int(0.9 * len(text))
        if choose:
            text, n = text[:n], int(0.9 * n)
        return text[:n], text[n:]
    names = loaders.names_list()
    if name == "few_names":
        order = np.random.RandomState(16).permutation(len(names))
        few = [names[i] for i in order[N_FEW * choose :][:N_FEW]]
        return few[N_TOLD:], few[:N_TOLD]
    random.Random(42).shuffle(names)
    first, second = int(0.8 * len(names)), int(0.9 * len(names))
    return names[:first], names[first:second] if choose else names[second:]


def four_gram(learned: list[str], told: list[str]) -> float:
    """Return the nats per symbol of told names, each length's counts backing the next.

    After a context of which ``n`` symbols followed, ``kinds`` of them different, the
    shorter context has the weight ``kinds / (n + kinds)``.
    """
    counts: defaultdict[str, Counter] = defaultdict(Counter)
    for name in learned:
        for i, symbol in enumerate(name + "$"):
            for start in range(max(i - 3, 0), i + 1):
                counts[name[start:i]][symbol] += 1
            if i < 3:
                counts["^" + name[:i]][symbol] += 1
    n_kinds = len(set("".join(learned))) + 2  # with an end, and what was never met
    total, n_symbols = 0.0, 0
    for name in told:
        for i, symbol in enumerate(name + "$"):
            probability = 1 / n_kinds
            contexts = [name[start:i] for start in range(i, max(i - 3, 0) - 1, -1)]
            for context in [*contexts, *(["^" + name[:i]] if i < 3 else [])]:
                after = counts.get(context, Counter())
                n, kinds = after.total(), len(after)
                if n:
                    probability = (after[symbol] + kinds * probability) / (n + kinds)
            total -= math.log(probability)
            n_symbols += 1
    return total / n_symbols


def main() -> None:
    """Print a row per data set, then samples."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(MODELS))
    parser.add_argument("--choose", action="store_true", help="training parts only")
    parser.add_argument("--set", nargs="*", default=[], help="parameter=value")
    parser.add_argument("--verbose", type=int, default=0)
    options = parser.parse_args()
    heads = ["data set", "nats per symbol", "bits", "to reach", "s a fit", "CPU s"]
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    samples = {}
    for name in options.names or MODELS:
        learned, told = load(name, options.choose)
        model = MODELS[name].set_params(verbose=options.verbose)
        for setting in options.set:
            parameter, value = setting.split("=")
            model.set_params(**{parameter: type(getattr(model, parameter))(value)})
        start, start_cpu = time.perf_counter(), time.process_time()
        model.fit(learned)
        seconds = time.perf_counter() - start
        cpu_seconds = time.process_time() - start_cpu
        bits = -model.score(told)
        reach = TO_REACH.get(name) or round(four_gram(learned, told), 3)
        print(
            f"| {name} | {bits * math.log(2):.4f} | {bits:.4f} | {reach} "
            f"| {seconds:.0f} | {cpu_seconds:.0f} |",
            flush=True,
        )
        if isinstance(learned, str):
            samples[name] = model.generate(
                prefix="ROMEO:\n", temperature=0.8, max_length=400, random_state=0
            )[0]
        else:
            samples[name] = ", ".join(model.generate(20, random_state=0))
    for name, sample in samples.items():
        print(f"\n{name}\n\n{sample}")


if __name__ == "__main__":
    main()
