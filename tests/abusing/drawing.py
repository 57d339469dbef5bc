"""Hypothesis strategies: cases, each a few lines of Python."""

from __future__ import annotations

import inspect
from typing import NamedTuple

from hypothesis import strategies as st

from abusing import data, parameters
from abusing import targets as of_targets

__all__ = ["Call", "Case", "Drawer"]


class Call(NamedTuple):
    """A call, whose arguments are expressions; no method calls the subject itself."""

    method: str
    arguments: dict[str, str]

    def __str__(self) -> str:
        given = ", ".join(f"{name}={value}" for name, value in self.arguments.items())
        return f"{self.method}({given})"


class Case(NamedTuple):
    """A public name, and what is done to it in turn."""

    subject: str
    make: str | None  # an expression; None of a function
    calls: list[Call]

    def __str__(self) -> str:
        if self.make is None:
            return "\n".join(f"{self.subject}{call}" for call in self.calls)
        lines = [f"model = {self.make}"]
        return "\n".join(lines + [f"model.{call}" for call in self.calls])


class Drawer:
    """What the cases of all subjects are drawn with.

    Parameters
    ----------
    draw : callable
        Hypothesis' own.
    """

    def __init__(self, draw):
        self.draw = draw
        self.n = self.number(1, 9)
        self.t = self.number(1, 6)
        self.f = self.number(1, 3)
        self.seed = self.number(0, 10**6)
        self.calm = self.number(1, 100) <= 70  # all is good until calm is drawn anew
        self.incomplete = self.any_of(("no", "no", "no", *parameters.INCOMPLETE))

    def number(self, low, high):
        return self.draw(st.integers(low, high))

    def often(self, percent):
        """Whether what is good happens (most percents), or something rare does."""
        if self.calm and not 10 <= percent <= 55:
            return percent > 55
        return self.number(1, 100) <= percent

    def any_of(self, choices):
        return self.draw(st.sampled_from(tuple(choices)))

    def next_of(self, methods):
        """Return what to call next, with arguments good or not."""
        self.calm = self.number(1, 100) <= 50
        return self.any_of(methods)

    def mostly(self, good, broken, percent=85):
        return self.any_of(good if self.often(percent) else broken)

    def make(self, cls, replaced, percent=70):
        """Return a constructor: small, with some parameters drawn."""
        names = self.names(cls)
        small = parameters.SMALL | replaced
        if "time_gaps" in names:
            small |= parameters.INCOMPLETE.get(self.incomplete, {})
        chosen = {k: self.any_of(v) for k, v in small.items() if k in names}
        for _ in range(self.number(0, 4) if names else 0):
            name = self.any_of(names)
            chosen[name] = self.parameter(name, percent)
        given = ", ".join(f"{name}={value}" for name, value in chosen.items())
        return f"{cls.__name__}({given})"

    @staticmethod
    def names(cls):
        return list(inspect.signature(cls).parameters)

    def parameter(self, name, percent=70):
        huge = () if name in parameters.SIZES else parameters.HUGE
        return self.mostly(parameters.GOOD[name], (*parameters.BROKEN, *huge), percent)

    def _array(self, percent):
        """Return the arguments that say what is in an array."""
        given = {"seed": self.seed}
        if not self.often(percent):
            given["dtype"] = self.any_of(data.DTYPES)
        elif self.often(30):
            given["dtype"] = self.any_of(data.NUMBERS)
        if self.often(30):
            given["layout"] = self.any_of(data.LAYOUTS)
        if not self.often(percent):
            given["flaw"] = self.any_of(data.FLAWS)
        elif self.often(15):
            given["flaw"] = self.any_of(data.HARMLESS)
        return given

    def _size(self, size, percent, low=0, high=12):
        return size if self.often(percent) else self.number(low, high)

    def sequences(self, percent=85, kinds=data.KINDS, tokens=False):
        kind = self.any_of(kinds)
        if not self.often(percent):
            kind = self.any_of((*data.KINDS, *data.BROKEN_KINDS))
        given = {
            "kind": kind,
            "n": self._size(self.n, percent),
            "t": self._size(self.t, percent, high=7),
            "f": self._size(self.f, 95, high=3),
        } | self._array(percent)
        if tokens:
            given |= {"dtype": "tokens", "f": 1}
        return expression("sequences", given)

    def table(self, percent=85, kinds=data.TABLES, n=None, **more):
        given = {
            "kind": self.mostly(kinds, (*data.TABLES, *data.BROKEN_TABLES), percent),
            "n": self._size(24 if n is None else n, percent, 0, 30),
            "f": self._size(self.f, percent + 5, 0, 3),
        } | self._array(percent + 5)
        return expression("table", given | more)

    def targets(self, good, percent=85, n=None):
        everything = (*of_targets.CLASSES, *of_targets.NUMBERS, *of_targets.BROKEN)
        kind = self.mostly(good, everything, percent)
        n = self.n if n is None else n
        return expression("targets", {"kind": kind, "n": n, "seed": self.seed})

    def weights(self, percent=70, n=None):
        kind = self.mostly(of_targets.WEIGHTS, of_targets.BROKEN_WEIGHTS, percent)
        n = self.n if n is None else n
        return expression("weights", {"kind": kind, "n": n, "seed": self.seed})

    def static(self, percent=70):
        kind = self.mostly(data.STATIC, data.BROKEN_STATIC, percent)
        given = {"kind": kind, "n": self._size(self.n, 90), "seed": self.seed}
        return expression("static_table", given)

    def texts(self, percent=80, good=of_targets.TEXTS):
        kind = self.mostly(good, (*of_targets.TEXTS, *of_targets.BROKEN_TEXTS), percent)
        given = {"kind": kind, "n": self._size(self.n, 90), "seed": self.seed}
        return expression("texts", given)

    def anything(self, huge=True):
        """Return an expression of something that has no place here."""
        return self.any_of((*parameters.BROKEN, *(parameters.HUGE if huge else ())))


def expression(name, given):
    """Return a call as an expression."""
    inside = ", ".join(f"{key}={value!r}" for key, value in given.items())
    return f"{name}({inside})"
