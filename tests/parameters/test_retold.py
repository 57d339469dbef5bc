"""A method whose docstring says something else of an argument."""

import inspect

from skseq import RNNClassifier, RNNTagger
from skseq.core.sequence_estimator import BaseSequenceEstimator
from skseq.parameters import retold


class Base:
    def add(self, x, y=1, *, z: int = 2):
        """Add.

        Parameters
        ----------
        x : int
            A summand,
            told in two lines.
        y, z : int
            Others.

        Returns
        -------
        total : int
        """
        return x + y + z


class Derived(Base):
    add = retold(
        Base.add,
        x="""float
        What is added.""",
    )


def test_only_what_is_told_changes():
    before, after = inspect.getdoc(Base.add), inspect.getdoc(Derived.add)
    told = "x : float\n    What is added.\n"
    assert told in after
    assert after == before.replace(
        "x : int\n    A summand,\n    told in two lines.\n", told
    )


def test_it_is_the_same_method():
    assert Derived().add(3, z=4) == 8
    assert inspect.signature(Derived.add) == inspect.signature(Base.add)
    assert Derived.add.__qualname__ == "Base.add"


def test_without_docstrings_as_under_oo_there_is_nothing_to_tell():
    def add(x):
        return x

    assert retold(add, x="int") is add


def test_taggers_tell_what_their_labels_are():
    of_tagger = inspect.getdoc(RNNTagger.fit)
    assert "The label of every time step" in of_tagger
    assert "The label of every time step" not in inspect.getdoc(RNNClassifier.fit)
    same = of_tagger.partition("groups : ")[2]
    assert same == inspect.getdoc(BaseSequenceEstimator.fit).partition("groups : ")[2]
