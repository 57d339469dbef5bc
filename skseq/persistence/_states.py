"""What fitted estimators hold: the attributes that their classes declare.

The parameters are checked by the estimators themselves; the network is made anew from
them, so that only its weights are looked for in a file.
"""

from __future__ import annotations

from sklearn.utils.metadata_routing import MetadataRequest

from skseq.parameters import Declared
from skseq.parameters.checks import Check, instance

__all__ = ["further", "of_network", "of_unfitted", "required"]

OF_SCIKIT_LEARN: dict[str, Check] = {  # what its methods may set on any estimator
    "_metadata_request": instance(MetadataRequest),
    "_sklearn_output_config": lambda value: (
        value in ({"transform": name} for name in ("default", "pandas", "polars"))
    ),
}


def required(cls: type[Declared]) -> dict[str, Check]:
    """Return what each attribute must be that a fitted estimator has."""
    return _checks(cls, True)


def further(cls: type[Declared]) -> dict[str, Check]:
    """Return what each attribute must be that a fitted estimator may have."""
    return {**_checks(cls, False), **OF_SCIKIT_LEARN}


def of_unfitted(cls: type[Declared]) -> tuple[dict[str, Check], dict[str, Check]]:
    """Return what each attribute must be that an estimator has, or may have, by then.

    One without a network, whose encoder has learned to fill in steps.
    """
    name = "pretrained_"
    return {name: cls._attributes[name]["check"]}, dict(OF_SCIKIT_LEARN)


def of_network(cls: type[Declared]) -> set[str]:
    """Return the attributes that come with a network, which is read by itself."""
    return {name for name, said in cls._attributes.items() if "check" not in said}


def _checks(cls: type[Declared], required: bool) -> dict[str, Check]:
    return {
        name: said["check"]
        for name, said in cls._attributes.items()
        if "check" in said and said.get("required", True) is required
    }
