"""A fit that goes on where it was broken off."""

from __future__ import annotations

import io
import os
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import torch
from skorch.callbacks import Callback, EarlyStopping, LRScheduler

from skseq._showing import shown
from skseq._writing import write_file
from skseq.networks.dropout import Dropout
from skseq.training._caller import warn
from skseq.training._fingerprint import fingerprint, settings

if TYPE_CHECKING:
    from skseq.training._net import SequenceNet

__all__ = ["Checkpoint"]


class Checkpoint(Callback):
    """Keeps a training in a file, from which the same fit goes on after a break.

    At the end of an epoch, all that the rest of the training depends on is written:
    weights, the states of the optimiser, of learning rates, of random numbers and of
    early stopping, and the history. The same `fit`, called again after an interrupt, a
    crash or a kill, in the same process or another, takes up from there, and ends with
    the very weights of an unbroken one.

    Parameters
    ----------
    path : str or path
        The file. It is replaced as a whole, so that a break leaves the one before; a
        kill amid that may leave a file ``.*.part`` beside it. Its directory must exist.
    every : int, default=1
        Number of epochs from one write to the next.

    See Also
    --------
    skorch.callbacks.Checkpoint : Keeps the weights of the best epoch, for other uses.

    Notes
    -----
    Fits are the same if they have the same data, parameters and `random_state`, a
    number; a file of another fit is an error. So every fit needs a file of its own,
    which leaves out searches, `partial_fit` and continued fits with ``warm_start=True``
    in one process.

    When a fit is complete the file stays, and the same fit, called once more, returns
    at once with what it holds. Delete it to train again.

    Other callbacks belong to a fit: the code of a class of your own, and parameters.
    Those of skorch that log do not, nor do such as have ``only_watches = True``. Of
    their states, those of skorch's LRScheduler and EarlyStopping are kept.

    Where writing fails, as on a full disk, a warning says so, the training goes on, and
    the next write tries again.

    The file is read with ``torch.load(weights_only=True)``, which runs no code.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from skseq import RNNRegressor
    >>> from skseq.callbacks import Checkpoint
    >>> X = np.random.default_rng(0).normal(size=(80, 5, 1))
    >>> folder = tempfile.TemporaryDirectory()
    >>> checkpoint = Checkpoint(Path(folder.name) / "fit.pt")
    >>> model = RNNRegressor(max_epochs=3, callbacks=[checkpoint], random_state=0)
    >>> model.fit(X, X.sum(axis=(1, 2))).n_iter_  # and again, if it was killed
    3
    >>> folder.cleanup()
    """

    only_watches = True  # a fit is the same without it

    def __init__(self, path: str | Path, every: int = 1):
        self.path = path
        self.every = every

    def initialize(self) -> Self:
        """Check parameters, as skorch calls this before it trains."""
        self._check_parameters()
        return self

    def on_train_begin(
        self, net: SequenceNet, X: Any = None, y: Any = None, **kwargs: Any
    ) -> None:
        """Go on from the file, if there is one."""
        self._identify(net, X)
        if not self._file(net).exists():
            return
        found = self._read(net)
        if found["fit"] != self._name_of_fit(net):
            raise ValueError(
                f"path={str(self.path)!r} of the Checkpoint holds another fit: other "
                "data, parameters, callbacks or random numbers (random_state must be "
                "an int). Give each fit a path of its own, or delete the file."
            )
        self._restore(net, found["state"])
        n_done = len(net.history) - net._n_epochs_before
        net.n_epochs_left = 0 if found["complete"] else net.max_epochs - n_done

    def on_epoch_end(self, net: SequenceNet, **kwargs: Any) -> None:
        """Write after every so many epochs."""
        n_done = len(net.history) - net._n_epochs_before
        if not net.out_of_time_ and n_done % self.every == 0:
            self._write(net, complete=False)

    def on_train_end(self, net: SequenceNet, **kwargs: Any) -> None:
        """Write the result, unless the training was interrupted or cut short."""
        is_whole = not net.interrupted_ and not net.out_of_time_
        if is_whole and net.n_epochs_left:
            self._write(net, complete=True)

    def _check_parameters(self) -> None:
        every = self.every
        if isinstance(every, bool) or not isinstance(every, Integral) or every < 1:
            raise ValueError(
                f"every={shown(every)} of the Checkpoint must be a positive integer."
            )
        path = self._path("path")
        if path.is_dir():
            raise ValueError(
                f"path={str(path)!r} of the Checkpoint must be that of a file, and is "
                "a directory."
            )
        if not is_writable(path.parent):
            raise ValueError(
                f"path={str(path)!r} of the Checkpoint must be in a directory that "
                "exists and can be written to."
            )

    def _path(self, name: str) -> Path:
        """Return a parameter that is a path."""
        path = getattr(self, name)
        if not isinstance(path, (str, os.PathLike)):
            kind = type(self).__name__
            raise TypeError(
                f"{name}={shown(path)} of the {kind} must be a path: a str or "
                "pathlib.Path."
            )
        return Path(path)

    # The fit --------------------------------------------------------------------

    def _identify(self, net: SequenceNet, X: Any) -> None:
        """Note what is the same in fits that are, whatever their numbers of epochs."""
        if not hasattr(net, "fingerprint_"):  # or another one has restored the net
            net.fingerprint_ = fingerprint(self._state(net), settings(net), X)

    def _name_of_fit(self, net: SequenceNet) -> str:
        """Return which fit a file is of."""
        return fingerprint(net.fingerprint_, net.max_epochs)

    # The state ------------------------------------------------------------------

    @staticmethod
    def _state(net: SequenceNet) -> dict[str, Any]:
        """Return all that the rest of a training depends on."""
        generators = _generators(net)
        return {
            "module": net.module_.state_dict(),
            "optimizer": net.optimizer_.state_dict(),
            "schedule": None if net._schedule is None else net._schedule.state_dict(),
            "generators": [generator.get_state() for generator in generators],
            "history": _plain(list(net.history)),
            "callbacks": {
                name: state_of(part)
                for kind, state_of in _STATES.items()
                for name, part in net.callbacks_
                if isinstance(part, kind)
            },
        }

    @staticmethod
    def _restore(net: SequenceNet, state: dict[str, Any]) -> None:
        net.module_.load_state_dict(state["module"])
        net.optimizer_.load_state_dict(state["optimizer"])
        if net._schedule is not None:
            net._schedule.load_state_dict(state["schedule"])
        for generator, of_it in zip(_generators(net), state["generators"], strict=True):
            generator.set_state(of_it)
        net.history[:] = state["history"]
        callbacks = dict(net.callbacks_)
        for name, of_it in state["callbacks"].items():
            if isinstance(callbacks[name], LRScheduler):
                callbacks[name].lr_scheduler_.load_state_dict(of_it)
            else:
                vars(callbacks[name]).update(of_it)

    # The file ---------------------------------------------------------------------

    def _file(self, net: SequenceNet) -> Path:
        return Path(self.path)

    def _write(self, net: SequenceNet, complete: bool) -> None:
        content = {
            "fit": self._name_of_fit(net),
            "complete": complete,
            "state": self._state(net),
        }
        buffer = io.BytesIO()
        torch.save(content, buffer)
        try:
            write_file(self._file(net), buffer.getbuffer())
        except (OSError, ValueError) as error:  # a full disk must not end a training
            warn(
                f"A {type(self).__name__} could not be written: {error}. Training goes "
                "on, and the next write tries again."
            )

    def _read(self, net: SequenceNet) -> dict[str, Any]:
        file = self._file(net)
        wrong = ValueError(f"path={str(file)!r} is no file of a Checkpoint.")
        try:
            content = torch.load(file, map_location="cpu", weights_only=True)
            is_ours = set(content) == {"fit", "complete", "state"}
        except Exception as error:  # whatever a file of another kind leads to
            raise wrong from error
        if not is_ours:
            raise wrong
        return content


def is_writable(directory: Path) -> bool:
    """Return whether there is such a directory, and files can be written there."""
    return directory.is_dir() and os.access(directory, os.W_OK)


def _generators(net: SequenceNet) -> list[torch.Generator]:
    """Return what shuffles and, if anything does, what drops."""
    dropping = {
        id(part.generator): part.generator
        for part in net.module_.modules()
        if isinstance(part, Dropout)
    }
    found = [net.generator, *dropping.values()]
    return [generator for generator in found if generator is not None]


def _stopping_state(callback: EarlyStopping) -> dict[str, Any]:
    names = "patience", "misses_", "dynamic_threshold_", "best_epoch_"
    return {name: getattr(callback, name) for name in (*names, "best_model_weights_")}


_STATES = {
    EarlyStopping: _stopping_state,
    LRScheduler: lambda callback: callback.lr_scheduler_.state_dict(),
}


def _plain(value: Any) -> Any:
    """Return a history without types that torch.load would refuse."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value.item() if hasattr(value, "item") else value
