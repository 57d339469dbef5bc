"""What the adapters share: a parameter, tags, and an estimator to clone and fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, clone

from skseq._describing import described
from skseq._showing import shown
from skseq.sktime._panels import check_names, to_sequences

__all__ = ["Adapter", "PanelAdapter", "of_panels"]

of_panels = described(
    other_columns="""
    ValueError
        In `predict`, if columns have other names than in `fit` or stand in another
        order.
    """
)


class Adapter:
    """An estimator that sktime takes for one of its own.

    Parameters
    ----------
    estimator : estimator or None, default=None
        What to clone and fit.
    """

    _default: type  # is made for None
    _is_kind: Callable[[Any], bool]  # such as `sklearn.base.is_classifier`

    # An adapter has no `random_state` of its own, but that of its estimator, if any.
    _tags: ClassVar[dict] = {
        "authors": "the skseq developers",
        "maintainers": "the skseq developers",
        "capability:multivariate": True,
        "capability:categorical_in_X": False,
        "property:randomness": "stochastic",
    }

    def __init__(self, estimator: Any = None):
        self.estimator = estimator
        super().__init__()

    def __dynamic_tags__(self):
        """Tell sktime that an estimator given with a random state is repeatable."""
        names = self.get_params()
        seeded = any(name.endswith("__random_state") for name in names)
        randomness = "derandomized" if seeded else "stochastic"
        self.set_tags(**{"property:randomness": randomness})

    def _fresh(self) -> Any:
        """Return an unfitted copy of the estimator to adapt.

        Raises
        ------
        TypeError
            If it is no estimator of the right kind.
        """
        if self.estimator is None:
            return self._default()
        if isinstance(self.estimator, BaseEstimator) and self._is_kind(self.estimator):
            return clone(self.estimator)
        kind = self._is_kind.__name__.removeprefix("is_")
        raise TypeError(
            f"estimator must be None or a {kind} like {self._default.__name__}(), "
            f"got {shown(self.estimator)}."
        )

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Return parameters for the tests of sktime.

        Parameters
        ----------
        parameter_set : str, default="default"
            Ignored.

        Returns
        -------
        parameters : list of dict
        """
        return [{"estimator": estimator} for estimator in cls._quick_ones()]

    @classmethod
    def _quick_ones(cls) -> list:
        """Return estimators that are quickly fitted."""
        raise NotImplementedError


class PanelAdapter(Adapter):
    """An adapter of what reads sequences, which are panels for sktime."""

    _tags: ClassVar[dict] = {
        "X_inner_mtype": "df-list",  # the one layout of sktime with unequal lengths
        "capability:unequal_length": True,
        "capability:missing_values": True,
    }

    def __dynamic_tags__(self):
        """Tell sktime whether the estimator reads what is missing."""
        super().__dynamic_tags__()
        parameters = self.get_params().items()
        reads = any(k.endswith("__missing") and v == "mask" for k, v in parameters)
        self.set_tags(**{"capability:missing_values": reads})

    def _fit(self, X: Any, y: Any) -> Self:
        estimator = self._fresh()
        self._names = list(X[0].columns)
        self.estimator_ = estimator.fit(to_sequences(X), y)
        return self

    def _read(self, X: Any) -> list[np.ndarray]:
        check_names(list(X[0].columns), self._names)
        return to_sequences(X)

    def _predict(self, X: Any) -> np.ndarray:
        return self.estimator_.predict(self._read(X))
