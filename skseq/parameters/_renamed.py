"""Old names of parameters and attributes, which are understood for a while.

For functions, methods and classes there is `sklearn.utils.deprecated`; it knows neither
parameters nor attributes.
"""

from __future__ import annotations

import warnings
from typing import Any

__all__ = ["Renamed", "with_new_names"]


class Renamed:
    """An old name of a parameter or an attribute, in the body of its class.

    ``n_epochs = Renamed("max_epochs", removed_in="0.4")`` lets constructor,
    `set_params` and whoever reads or sets the attribute use the old name. All of them
    warn. Nothing else knows of it: clones, files and `get_params` have the new name.

    Parameters
    ----------
    name : str
        The new name.
    removed_in : str
        The version that does not understand the old one any more.

    Examples
    --------
    >>> import warnings
    >>> from skseq.parameters import Declared, Renamed, parameter
    >>> class Model(Declared):
    ...     max_epochs: int = parameter(default=3, text="Epochs.")
    ...     n_epochs = Renamed("max_epochs", removed_in="0.4")
    >>> with warnings.catch_warnings(record=True) as said:
    ...     warnings.simplefilter("always")
    ...     model = Model(n_epochs=5)
    >>> model.max_epochs, said[0].category.__name__
    (5, 'FutureWarning')
    >>> print(said[0].message)
    n_epochs of Model was renamed to max_epochs; skseq 0.4 will not know the old name.
    """

    def __init__(self, name: str, *, removed_in: str):
        self.name = name
        self.removed_in = removed_in

    def __set_name__(self, owner: type, old: str) -> None:
        self.old = old

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        value = getattr(instance, self.name)  # raises before it warns
        self.warn(type(instance), stacklevel=2)
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        self.warn(type(instance), stacklevel=2)
        setattr(instance, self.name, value)

    def warn(self, cls: type, stacklevel: int) -> None:
        """Warn whoever called so many levels above."""
        warnings.warn(
            f"{self.old} of {cls.__name__} was renamed to {self.name}; skseq "
            f"{self.removed_in} will not know the old name.",
            FutureWarning,
            stacklevel=stacklevel + 1,
        )


def with_new_names(
    cls: type, given: dict[str, Any], stacklevel: int = 3
) -> dict[str, Any]:
    """Return parameters by their names of today, and warn of others.

    Parameters
    ----------
    cls : type
        The class of the estimator.
    given : dict of str to object
        Values by names.
    stacklevel : int, default=3
        Whom the warning points at, as in `warnings.warn`.

    Returns
    -------
    given : dict of str to object

    Raises
    ------
    TypeError
        If a parameter is given by both of its names.
    """
    found = {}
    for name, value in given.items():
        renamed = getattr(cls, name, None)
        if isinstance(renamed, Renamed):
            renamed.warn(cls, stacklevel)
            name = renamed.name
            if name in given:
                raise TypeError(
                    f"{renamed.old} is the old name of {name}, and {cls.__name__} was "
                    "given both."
                )
        found[name] = value
    return found
