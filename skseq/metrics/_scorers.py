"""What scorers around a scorer of scikit-learn share: its protocol."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable
from typing import Any, Self

from sklearn.metrics import check_scoring, get_scorer
from sklearn.utils.metadata_routing import get_routing_for_object

from skseq._showing import shown

__all__ = ["Answering", "WrappedScorer", "as_scorer"]


def as_scorer(scoring: Any) -> Callable:
    """Return a scorer, several of them as one, or raise an error.

    Parameters
    ----------
    scoring : str, callable, list or dict
        As in scikit-learn's searches.
    """
    if isinstance(scoring, str):
        return get_scorer(scoring)  # whose error does not list all names
    return check_scoring(scoring=scoring)


class WrappedScorer:
    """Takes the metadata that a scorer takes, and scores something else by it.

    Parameters
    ----------
    scorer : callable
        A scorer of scikit-learn, or any (estimator, X, y) -> score.
    """

    def __init__(self, scorer: Callable):
        keeps_requests = hasattr(scorer, "set_score_request")  # the user's stay
        self.scorer = copy.deepcopy(scorer) if keeps_requests else scorer

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.scorer!r})"

    def __call__(
        self, estimator: Any, X: Any, y: Any, sample_weight: Any = None, **metadata: Any
    ) -> float:
        return self._score(estimator, X, y, sample_weight, metadata)

    def _score(
        self, estimator: Any, X: Any, y: Any, sample_weight: Any, metadata: dict
    ) -> float:
        """Return the score of something else."""
        raise NotImplementedError

    def _accept_sample_weight(self) -> bool:
        """Whether scikit-learn shall hand weights over without metadata routing."""
        if hasattr(self.scorer, "_accept_sample_weight"):
            return self.scorer._accept_sample_weight()
        return "sample_weight" in inspect.signature(self.scorer).parameters

    def get_metadata_routing(self) -> Any:
        """Return what the scorer requests.

        Returns
        -------
        routing : MetadataRequest or MetadataRouter
        """
        return get_routing_for_object(self.scorer)

    def set_score_request(self, **requests: bool | str | None) -> Self:
        """Say which metadata the scorer takes, with metadata routing.

        Parameters
        ----------
        **requests : bool, str or None
            As of scikit-learn's scorers: ``sample_weight=True``.

        Returns
        -------
        self : object
            The scorer.

        Raises
        ------
        TypeError
            If it was made from a function, or from several scorers.
        """
        if not hasattr(self.scorer, "set_score_request"):
            raise TypeError(
                f"scoring={shown(self.scorer)} keeps no requests; expected one scorer "
                "made by sklearn.metrics.make_scorer."
            )
        self.scorer.set_score_request(**requests)
        return self


class Answering:
    """An estimator whose answers are changed on their way to a scorer.

    Parameters
    ----------
    estimator : estimator
        It answers.
    """

    _changed: tuple[str, ...]  # the methods whose answers are

    def __init__(self, estimator: Any):
        self._estimator = estimator

    def _change(self, answer: Any) -> Any:
        """Return what the scorer gets."""
        raise NotImplementedError

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._estimator, name)
        if name not in self._changed:
            return value

        @functools.wraps(value)  # scikit-learn asks a method for its name
        def respond(X):
            return self._change(value(X))

        return respond

    def __sklearn_tags__(self) -> Any:
        return self._estimator.__sklearn_tags__()
