"""Parameters and fitted attributes of estimators, declared in the body of a class."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal, Self, dataclass_transform

from skseq.parameters._annotations import annotations_of, hint
from skseq.parameters._constructor import constructor, is_composed
from skseq.parameters._docstrings import composed
from skseq.parameters._renamed import with_new_names

__all__ = ["Declared", "amended", "attribute", "parameter"]

GROUPS = (
    *("window", "itself", "convolutions", "layers", "pooling", "head"),
    *("task", "input", "training"),
)
UNSAID: Any = object()


class Said(dict):
    """What a class says more of a parameter or an attribute that another declares."""


class SaidOfParameter(Said):
    """Default, constraint, text, type, kw_only, annotation, hint, or some of them."""


class SaidOfAttribute(Said):
    """Check, text, type, required, annotation, hint, or some of them."""


def parameter(
    *,
    default: Any,
    constraint: Sequence = UNSAID,
    text: str = UNSAID,
    more: str = UNSAID,
    type: str = UNSAID,
    kw_only: bool = UNSAID,
) -> Any:
    """Declare a parameter of the constructor.

    A class derived from the one that declares it may set another default
    (``lr: float = 0.003``), or declare it again; what it does not say stays.

    Parameters
    ----------
    default : object
        The default.
    constraint : list, default="no_validation"
        What the parameter may be, in scikit-learn's words; `fit` checks it.
    text : str
        What it means, for the docstring.
    more : str, optional
        What is to be said behind that, whoever says the text again.
    type : str, optional
        Its type for the docstring, by default that of the annotation and of the options
        in the constraint.
    kw_only : bool, optional
        Whether it is given by its name only; by default as for the class,
        ``class C(Declared, kw_only=True)``.

    Returns
    -------
    said : object
        To stand in the body of a class that is derived from `Declared`.
    """
    return SaidOfParameter(_said(locals()))


def attribute(
    *,
    check: Callable[[Any], bool] | None = UNSAID,
    text: str = UNSAID,
    type: str = UNSAID,
    required: bool = UNSAID,
    default: Any = UNSAID,
    init: Literal[False] = False,
) -> Any:
    """Declare an attribute that `fit` sets.

    Parameters
    ----------
    check : callable, optional
        value -> whether it may be the attribute, when it is read from a file. Without
        one, files do not hold it: it comes with the network.
    text : str, optional
        What it means, for the docstring, which leaves it out without.
    type : str, optional
        Its type for the docstring, by default that of the annotation.
    required : bool, default=True
        Whether every fitted estimator has it.
    default : object, optional
        What the class has in its place.
    init : False
        Tells type checkers that this is no parameter.

    Returns
    -------
    said : object
        To stand in the body of a class that is derived from `Declared`.
    """
    said = _said(locals())
    del said["init"]
    return SaidOfAttribute(said)


def amended(
    *,
    text: str = UNSAID,
    more: str = UNSAID,
    type: str = UNSAID,
    constraint: Sequence = UNSAID,
) -> Any:
    """Say something else of a parameter or an attribute that another class declares.

    Of a base class, or of whatever a mixin is mixed into. What is not said stays, the
    default of a parameter above all.

    Parameters
    ----------
    text : str, optional
        What it means, for the docstring.
    more : str, optional
        What is to be said behind that.
    type : str, optional
        Its type for the docstring.
    constraint : list, optional
        What a parameter may be.

    Returns
    -------
    said : object
        To stand in the body of a class that is derived from `Declared`, without an
        annotation: to type checkers it is no field.
    """
    return Said(_said(locals()))


def _said(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: v for name, v in arguments.items() if v is not UNSAID}


@dataclass_transform(kw_only_default=True, field_specifiers=(parameter, attribute))
class Declared:
    """Makes constructor, constraints and docstring from what class bodies declare.

    ``{parameters}``, ``{attributes}`` and ``{notes}`` in the docstring of a class stand
    for these sections. Parameters are listed by `GROUPS`, those of a base class first;
    ``class C(Declared, about="layers")`` tells the group of those that C declares.

    A class that writes its constructor keeps it, and so do classes derived from it, as
    their class attributes, whatever their names. So does a property that has a
    parameter's name. `_parameter_constraints` that are written stand above those that
    bases declare.
    """

    _about: ClassVar[str] = "itself"
    _said: ClassVar[dict[str, Said]] = {}  # by this very class
    _declared: ClassVar[dict[str, dict]] = {}  # the parameters of the constructor
    _attributes: ClassVar[dict[str, dict]] = {}
    _parameter_constraints: ClassVar[dict[str, Any]] = {}
    _composed_constraints: ClassVar[dict[str, Any]] = _parameter_constraints

    def __init_subclass__(
        cls, *, about: str = "itself", kw_only: bool = True, **options: Any
    ):
        super().__init_subclass__(**options)
        if about not in GROUPS:
            raise ValueError(f"about={about!r} must be one of {GROUPS}.")
        composes = cls.__init__ is object.__init__ or is_composed(cls.__init__)
        cls._about = about
        cls._said = {}
        cls._said = _taken_from(cls, kw_only, composes)
        cls._declared = _parameters(cls)
        cls._attributes = _attributes(cls)
        if composes:
            cls.__init__ = constructor(cls, cls._declared)  # type: ignore[method-assign]
            cls._parameter_constraints = cls._composed_constraints = {
                name: said.get("constraint", "no_validation")
                for name, said in cls._declared.items()
            }
        cls.__doc__ = composed(vars(cls).get("__doc__"))

    def set_params(self, **params: Any) -> Self:
        """Set parameters of this estimator, or of one that it holds.

        Parameters
        ----------
        **params : object
            Values by names, ``forecaster__lr`` for one that it holds.

        Returns
        -------
        self : object
        """
        base: Any = super()
        return base.set_params(**with_new_names(type(self), params))


def _taken_from(cls: type[Declared], kw_only: bool, composes: bool) -> dict[str, Said]:
    """Take what the body of a class says out of it, and return that.

    What would be defaults of a constructor that is composed, and constraints written
    for it, are of a class whose constructor is written.
    """
    annotations = annotations_of(cls)
    known = _groups(cls)
    said: dict[str, Said] = {}
    for name, value in list(vars(cls).items()):
        plain = not (isinstance(value, Said) or inspect.isdatadescriptor(value))
        if name in known and plain and composes:
            value = SaidOfParameter(default=value)
        if not isinstance(value, Said):
            continue
        said[name] = value = type(value)(value)
        if name in annotations:
            value["annotation"] = annotations.pop(name)
            value["hint"] = hint(value["annotation"], cls.__module__)
            cls.__annotations__ = annotations  # `help` shows what is left
        delattr(cls, name)
        if isinstance(value, SaidOfParameter) and name not in known:
            value.setdefault("kw_only", kw_only)
        elif isinstance(value, SaidOfAttribute) and "default" in value:
            setattr(cls, name, value["default"])
    if composes and cls._parameter_constraints is not cls._composed_constraints:
        for name, constraint in cls._parameter_constraints.items():
            said.setdefault(name, Said())["constraint"] = constraint
    return said


def _parameters(cls: type[Declared]) -> dict[str, dict]:
    """Return what is said of each parameter, in the order to read them."""
    groups, told = _groups(cls), _told(cls)
    return {
        name: told[name]
        for name in sorted(groups, key=lambda name: GROUPS.index(groups[name]))
    }


def _attributes(cls: type[Declared]) -> dict[str, dict]:
    """Return what is said of each attribute, those of the class itself first."""
    told, owners = _told(cls), _owners(cls, SaidOfAttribute)
    return {
        name: told[name]
        for base in reversed(_bases(cls))
        for name, owner in owners.items()
        if owner is base
    }


def _groups(cls: type[Declared]) -> dict[str, str]:
    """Return the group of each parameter."""
    owners = _owners(cls, SaidOfParameter)
    return {name: owner._about for name, owner in owners.items()}


def _owners(cls: type[Declared], kind: type[Said]) -> dict[str, type[Declared]]:
    """Return which class is the first to declare each parameter, or attribute."""
    owners: dict[str, type[Declared]] = {}
    for base in _bases(cls):
        for name, said in base._said.items():
            if isinstance(said, kind):
                owners.setdefault(name, base)
    return owners


def _told(cls: type[Declared]) -> dict[str, dict]:
    """Return what all classes together say: each stands above those before it."""
    told: dict[str, dict] = {}
    for base in _bases(cls):
        for name, said in base._said.items():
            told[name] = {**told.get(name, {}), **said}
    return told


def _bases(cls: type[Declared]) -> list[type[Declared]]:
    """Return a class and those it is derived from, which stand first."""
    return [base for base in reversed(cls.__mro__) if issubclass(base, Declared)]
