"""How many epochs the windows of many rows are worth, as held-out rows tell."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from skseq.training import SequenceNet

__all__ = ["trained_longer"]

MOST = 8  # epochs in all, as a few hundred batches make in 1000 steps anyway


def trained_longer(
    net: SequenceNet, train_on: Callable[..., SequenceNet], options: dict[str, Any]
) -> SequenceNet:
    """Return a net that learned for twice as many epochs, while its loss fell by that.

    What it learns again follows the whole schedule of the learning rate, as what it
    learned before: at a high rate, a held-out loss would not tell.

    Parameters
    ----------
    net : SequenceNet
        Trained, with held-out rows.
    train_on : callable
        Takes options of `skseq.training.train`, and trains the module of `net`.
    options : dict
        Those that it was trained with.

    Returns
    -------
    net : SequenceNet
        With the best weights, and the history of all epochs.
    """
    module, n_epochs = net.module_, options["max_epochs"]
    options = {**options, "mixed_precision": net.mixed_precision}
    while 2 * n_epochs <= MOST and not (net.interrupted_ or net.budget.cut):
        best = copy.deepcopy(module.state_dict())
        net = train_on(**options | {"max_epochs": n_epochs}, earlier=net)
        if net.best_epoch() <= n_epochs:
            module.load_state_dict(best)
            break
        n_epochs *= 2
    return net
