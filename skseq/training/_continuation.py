"""A fit that goes on where an equal one of fewer epochs ended."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from skseq.networks.feedback import depends_on_progress
from skseq.training._checkpoint import Checkpoint, is_writable

if TYPE_CHECKING:
    from torch import nn

    from skseq.training._net import SequenceNet

__all__ = ["Continuation"]


class Continuation(Checkpoint):
    """Lets fits of more epochs go on from those of fewer, as in successive halving.

    ``HalvingGridSearchCV(resource="max_epochs")`` fits the candidates of every round
    from the start. With this callback a fit takes up what an equal one of fewer epochs
    (the same data, parameters and `random_state`) has left in a directory, and ends
    with the very weights of one from the start.

    Parameters
    ----------
    directory : str or path
        It must exist. Each fit writes a file of its own, about three times as large as
        its weights. Searches with several workers, on several machines, too, share it.

    See Also
    --------
    Checkpoint : For one fit that may be interrupted.

    Notes
    -----
    What depends on the number of epochs cannot be continued: `max_epochs` must be a
    number, `lr_schedule` "plateau" or None, and `teacher_forcing` one number. A fit
    that stopped early, or whose `random_state` is None, leaves nothing to take up.

    Other callbacks must be equal, too, as for a Checkpoint.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from skseq import RNNRegressor
    >>> from skseq.callbacks import Continuation
    >>> X = np.random.default_rng(0).normal(size=(80, 5, 1))
    >>> folder = tempfile.TemporaryDirectory()
    >>> model = RNNRegressor(
    ...     lr_schedule=None, callbacks=[Continuation(folder.name)], random_state=0
    ... )
    >>> for max_epochs in (2, 6):  # the second fit trains for four epochs
    ...     model.set_params(max_epochs=max_epochs).fit(X, X.sum(axis=(1, 2))).n_iter_
    2
    6
    >>> folder.cleanup()
    """

    def __init__(self, directory: str | Path):
        self.directory = directory

    def on_train_begin(
        self, net: SequenceNet, X: Any = None, y: Any = None, **kwargs: Any
    ) -> None:
        """Go on from the file of fewer epochs, if there is one."""
        self.check_schedule(net.schedule, net.module_)
        self._identify(net, X)
        if not self._file(net).exists():
            return
        state = self._read(net)["state"]
        n_left = net.max_epochs - (len(state["history"]) - net._n_epochs_before)
        if 0 <= n_left < net.n_epochs_left:  # a Checkpoint may have gone on further
            self._restore(net, state)
            net.n_epochs_left = n_left

    def check_schedule(
        self, lr_schedule: str | None, module: nn.Module | None = None
    ) -> None:
        """Refuse what depends on the number of epochs."""
        scheduled = lr_schedule not in ("plateau", None)
        if scheduled or (module is not None and depends_on_progress(module)):
            raise ValueError(
                "A Continuation needs lr_schedule='plateau' or None and one number as "
                "teacher_forcing; others depend on max_epochs."
            )

    def on_epoch_end(self, net: SequenceNet, **kwargs: Any) -> None:
        """Write after the last epoch, before the best weights are restored."""
        n_done = len(net.history) - net._n_epochs_before
        if not net.out_of_time_ and n_done == net.max_epochs:
            self._write(net, complete=True)

    def on_train_end(self, net: SequenceNet, **kwargs: Any) -> None:
        """Leave the file as it is."""

    def _check_parameters(self) -> None:
        if not is_writable(self._path("directory")):
            raise ValueError(
                f"directory={str(self.directory)!r} of the Continuation must be one "
                "that exists and can be written to."
            )

    def _name_of_fit(self, net: SequenceNet) -> str:
        return net.fingerprint_

    def _file(self, net: SequenceNet) -> Path:
        return Path(self.directory) / f"{self._name_of_fit(net)}.pt"
