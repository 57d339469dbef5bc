"""Statefulness: recurrent layers that go on from where they were."""

from __future__ import annotations

import copy
from itertools import chain
from typing import Any, Self

import numpy as np
import torch
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import check_is_fitted

from skseq._showing import naming, shown
from skseq.networks import Before, Inputs
from skseq.parameters import Declared, attribute
from skseq.parameters.checks import array, flag, instance, optional, tuple_of
from skseq.resources import unchanged_on_error
from skseq.rnn._seen import Carried, check_seen, seen_before, with_rows
from skseq.rnn._series import Followed, follow_series

__all__ = ["StatefulMixin"]


class StatefulMixin(Declared):
    """Predicts long sequences piece by piece."""

    state_: list | None = attribute(check=optional(instance(list)), required=False)
    _is_stateful: bool = attribute(check=flag, default=False, required=False)
    _series: dict = attribute(check=instance(dict), required=False)
    _seen: Carried | None = attribute(
        check=optional(tuple_of(array(2, "f"), 2)), default=None, required=False
    )  # None before the first call

    def stateful(self, initial_state: Any = None) -> Self:
        """Return a copy that carries its state from call to call.

        Whatever the copy predicts or transforms, it takes a call's sequences for the
        continuation of those of the call before, so that a stream can be read in
        pieces: the answers are those to the whole, but for rounding. Where series have
        names, in a DataFrame of two levels, (series, time), or a `SequenceArray` with
        instances, each has a state of its own, a new one begins without; an index of
        time must go on where it ended. The copy shares the trained network; its
        attribute `state_` is the state after the last call, None before the first one
        and after a `fit` of its own from the start.

        With ``missing="mask"`` the copy also carries which values were seen last, and
        when, in its pickles and files, too, but not in `state_`. With
        ``time_gaps=True`` the index may go on at any later time, and the first gap of a
        piece is the time since the row before it; sequences without names are then told
        by their positions. Static columns are read anew with every piece.

        Parameters
        ----------
        initial_state : list of tuple of array-like (n_samples, hidden_size), optional
            The state to begin with, such as the `state_` of another stateful copy: of
            each layer h and, of LSTM cells, c. None begins as sequences do: with zeros,
            or with what was learned (the parameter of the same name). What was seen
            before is no part of it: to go on twice, copy the stream (`copy.deepcopy`).

        Returns
        -------
        stream : estimator
            Its `state_` has the form of `initial_state`. It expects the same sequences,
            in the same order, in every call, or names of them; the state of series with
            names is in the order in which they first came.

        Raises
        ------
        ValueError
            If an answer cannot be found piece by piece: with ``bidirectional=True``,
            `pooling` other than "last", or scales of whole sequences (`normalize`); if
            there are several networks (each of `estimators_` can be stateful); or if
            the state does not fit the network.

        Examples
        --------
        >>> import numpy as np
        >>> from skseq import RNNRegressor
        >>> X = np.random.default_rng(0).normal(size=(8, 20, 1))
        >>> y = X.sum(axis=(1, 2))
        >>> model = RNNRegressor(
        ...     bidirectional=False,
        ...     pooling="last",
        ...     normalize="feature",
        ...     max_epochs=1,
        ...     random_state=0,
        ... ).fit(X, y)
        >>> stream = model.stateful()
        >>> for piece in np.split(X, 4, axis=1):
        ...     answer = stream.predict(piece)
        >>> bool(np.allclose(answer, model.predict(X)))
        True
        """
        check_is_fitted(self, "net_")
        choices: dict[str, tuple] = {
            "n_networks": (1,),
            "bidirectional": (False,),
            "pooling": ("last",),
        }
        if self._known_tokens is None:  # tokens have no scale
            choices["normalize"] = "feature", None
        wrong = [
            name
            for name, possible in choices.items()
            if getattr(self, name, possible[0]) not in possible
        ]
        if wrong:
            needed = ", ".join(
                f"{name}={' or '.join(map(repr, choices[name]))}" for name in wrong
            )
            has = ", ".join(f"{name}={shown(getattr(self, name))}" for name in wrong)
            raise ValueError(
                f"stateful() needs {needed} to answer piece by piece, but the "
                f"estimator has {has}."
            )
        stream = copy.copy(self)
        stream._is_stateful = True
        stream._fitted_on_table = False  # pieces of a table have fewer columns
        stream.state_ = initial_state
        stream._series, stream._seen = {}, None
        if initial_state is not None:
            with naming("initial_state"):
                stream.state_ = stream._read_state(initial_state)
        return stream

    def _read_state(self, state: Any, n_samples: int = 0) -> list[tuple]:
        """Return a copy of a state that fits the network."""
        layers = self.module_.encoder.layers
        sizes = [(layer.n_states, layer.hidden_size) for layer in layers]
        found = [
            tuple(np.array(part, dtype=float) for part in layer) for layer in state
        ]
        shapes = [[part.shape for part in layer] for layer in found]
        given = [shape[0] for layer in shapes for shape in layer if shape]
        n_samples = n_samples or next(iter(given), 1)
        expected = [[(n_samples, size)] * n_parts for n_parts, size in sizes]
        if shapes != expected:
            raise ValueError(
                f"The state has arrays of the shapes {shapes}, layer by layer; "
                f"expected {expected} for X of {n_samples} sequences."
            )
        for part in chain.from_iterable(found):
            assert_all_finite(part, input_name="initial_state")
        return found

    def _first_state(self, n_samples: int) -> list[tuple]:
        """Return what sequences start from."""
        found = []
        for layer in self.module_.encoder.layers:
            parts = np.zeros((layer.n_states, n_samples, layer.hidden_size))
            learned = layer.first_state(n_samples, layer)
            if learned is not None:
                parts = torch.stack(learned).detach().cpu().double().numpy()
            found.append(tuple(parts))
        return found

    def _check_carried(self) -> None:
        """Refuse, of a file perhaps, what does not fit the network or each other."""
        if self.state_ is not None:
            state = self._read_state(self.state_)
            check_seen(self.module_.embedding, self._seen, len(state[0][0]))

    def _set_out(self, y, earlier, partial):
        super()._set_out(y, earlier, partial)
        if self._is_stateful and earlier is None:
            self.state_ = None  # the old one is of another network
            self._series, self._seen = {}, None

    def _predict_outputs(self, X, choose=None):
        if not self._is_stateful:
            return super()._predict_outputs(X, choose)
        with unchanged_on_error(self):
            return super()._predict_outputs(X, choose)

    def _predict_batches(self, sequences, ask, X=None):
        if not self._is_stateful:
            return super()._predict_batches(sequences, ask, X)
        return self._go_on(sequences, ask, X)

    def _go_on(self, sequences, ask, X):
        """Answer with what is carried of these sequences, and keep what is after."""
        followed = self._follow(sequences, X)
        rows, n_known = followed.rows, len(self._series)
        if rows is None:
            rows = np.arange(len(sequences))
        n_series = len(followed.series) or len(rows)
        kept = self._first_state(n_series)
        if self.state_ is not None:
            known = self._read_state(self.state_, n_known or len(rows))
            kept = with_rows(kept, np.arange(len(known[0][0])), known)
        kept.append(seen_before(self.module_.embedding, self._seen, n_series))
        now = [tuple(part[rows] for part in parts) for parts in kept]
        gaps = self._gaps_before(followed, rows)
        after = self.state_, self._seen
        self.state_, self._seen = now[:-1], (*now[-1], gaps)
        try:
            yield from super()._predict_batches(sequences, ask, X)
            kept = with_rows(kept, rows, now)
            after = kept[:-1], kept[-1]
            self._series = followed.series
        finally:
            self.state_, self._seen = after

    def _follow(self, sequences: Any, X: Any) -> Followed:
        """Return which series these are, and whether they go on."""
        has_gaps = self._columns is not None and self._columns.gap is not None
        return follow_series(
            self._series, self.state_, X, sequences if has_gaps else None
        )

    def _gaps_before(self, followed: Followed, rows: np.ndarray) -> np.ndarray:
        """Return how long before each piece the step before was, zero if none was."""
        if followed.gaps is not None:
            return followed.gaps[:, None] / self._columns.gap
        n_seen = 0 if self._seen is None else len(self._seen[0])
        return (rows < n_seen)[:, None].astype(float)

    def _read(self, module, batch):
        if not self._is_stateful:
            return super()._read(module, batch)
        index = batch.index.cpu().numpy()
        x = self._embed(module.embedding, batch, index)
        state = [
            tuple(torch.as_tensor(part[index]).to(x) for part in layer)
            for layer in self.state_
        ]
        steps, state = module.encoder.run(x, batch.lengths, state)
        _put(self.state_, index, state)
        return steps, batch.lengths

    def _embed(self, embedding: Any, batch: Any, index: np.ndarray) -> torch.Tensor:
        """Return what layers read of a batch, given what was seen before."""
        if not isinstance(embedding, Inputs):
            return embedding(batch.x)
        seen: Any = self._seen
        before = (torch.as_tensor(part[index]).to(batch.x) for part in seen)
        x, after = embedding.read(batch.x, Before(*before), batch.lengths)
        _put([seen], index, [after])
        return x


def _put(carried: list[tuple], index: np.ndarray, after: list[tuple]) -> None:
    """Write what is carried after the sequences of a batch."""
    for parts, new_parts in zip(carried, after, strict=True):
        for part, new in zip(parts, new_parts, strict=True):
            part[index] = new.cpu().numpy()
