"""scikit-learn's base classes, with types.

scikit-learn has none, so to a type checker its classes might be anything, and what is
derived from them would take any keyword.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

__all__ = [
    "BaseComposition",
    "BaseEstimator",
    "ClassNamePrefixFeaturesOutMixin",
    "ClassifierMixin",
    "OutlierMixin",
    "RegressorMixin",
    "TransformerMixin",
]

if TYPE_CHECKING:

    class _Base:
        """What any of them may have, from one version to the next."""

        def __init_subclass__(cls, **options: Any) -> None: ...

        def __getattr__(self, name: str) -> Any: ...

        def __sklearn_tags__(self) -> Any: ...

    class BaseEstimator(_Base):
        """What has parameters."""

        def get_params(self, deep: bool = True) -> dict[str, Any]: ...

        def set_params(self, **params: Any) -> Self: ...

    class BaseComposition(BaseEstimator):
        """What has a list of named estimators as a parameter."""

        def _get_params(self, attr: str, deep: bool = True) -> dict[str, Any]: ...

        def _set_params(self, attr: str, **params: Any) -> Self: ...

    class ClassifierMixin(_Base):
        """What predicts classes."""

        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...

    class RegressorMixin(_Base):
        """What predicts numbers."""

        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...

    class OutlierMixin(_Base):
        """What tells outliers."""

        def fit_predict(self, X: Any, y: Any = None, **kwargs: Any) -> Any: ...

    class TransformerMixin(_Base):
        """What transforms."""

        def fit_transform(self, X: Any, y: Any = None, **params: Any) -> Any: ...

        def set_output(self, *, transform: str | None = None) -> Self: ...

    class ClassNamePrefixFeaturesOutMixin(_Base):
        """What names the columns that it makes."""

        def get_feature_names_out(self, input_features: Any = None) -> Any: ...

else:
    from sklearn.base import (
        BaseEstimator,
        ClassifierMixin,
        ClassNamePrefixFeaturesOutMixin,
        OutlierMixin,
        RegressorMixin,
        TransformerMixin,
    )
    from sklearn.utils.metaestimators import _BaseComposition as BaseComposition
