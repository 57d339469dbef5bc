"""Classes that declare parameters, and such that say more of them."""

import copy
import functools
import inspect
import pickle
import typing

import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.utils._param_validation import InvalidParameterError, StrOptions

from skseq import RNNClassifier
from skseq.networks import RecurrentLayer
from skseq.parameters import POSITIVE, Declared, Options, amended, attribute, parameter
from skseq.parameters.checks import count


class Training(Declared, about="training"):
    lr: float = parameter(default=0.1, constraint=[POSITIVE], text="Rate.")
    verbose: int = parameter(default=0, text="Loudness.")


class Base(Training, BaseEstimator):
    """A base.

    {parameters}

    {attributes}
    """

    n_iter_: int = attribute(check=count, text="Epochs.")
    _is_open: bool = attribute(default=True, required=False)

    def fit(self, X, y=None):
        self._validate_params()
        return self


class Layers(Declared, about="layers"):
    cell: str = parameter(
        default="lstm", constraint=[Options("rnn", "lstm")], text="Kind."
    )


class Mixin(Declared):
    lr = amended(text="Rate of a mixin.")
    absent = amended(text="No estimator has this one.")


class Model(Mixin, Layers, Base):
    """A model.

    {parameters}
    """

    width: int | None = parameter(default=None, text="Width.")
    lr: float = 0.5


def defaults(cls):
    return {n: p.default for n, p in inspect.signature(cls).parameters.items()}


def test_parameters_are_in_the_order_of_their_groups():
    assert defaults(Model) == {"width": None, "cell": "lstm", "lr": 0.5, "verbose": 0}
    assert list(defaults(Model)) == ["width", "cell", "lr", "verbose"]
    assert defaults(Base) == {"lr": 0.1, "verbose": 0}


def test_what_is_not_said_again_stays():
    assert Model._declared["lr"] == {
        "default": 0.5,
        "constraint": [POSITIVE],
        "text": "Rate of a mixin.",
        "kw_only": True,
        "annotation": float,
        "hint": float,
    }
    assert Model._parameter_constraints["verbose"] == "no_validation"
    with pytest.raises(InvalidParameterError, match="'lr' parameter of Model must be"):
        Model(lr=-1).fit(None)


def test_what_no_class_gives_a_default_is_no_parameter():
    assert "absent" not in defaults(Model)
    assert defaults(Mixin) == {}


def test_declarations_leave_the_class():
    """Else an unfitted estimator would have fitted attributes, and `help` a list."""
    assert not hasattr(Model, "lr")
    assert not hasattr(Model(), "n_iter_")
    assert Model()._is_open is True
    assert Model.__annotations__ == {}


def test_attributes_are_those_of_all_classes():
    assert Model._attributes["n_iter_"]["check"] is count
    assert list(Base._attributes) == ["n_iter_", "_is_open"]


def test_more_said_of_an_attribute_leaves_it_where_it_was():
    class Amended(Model):
        _is_open = amended(text="Whether.")
        own_: int = attribute(text="Its own.")

    names = list(Model._attributes)
    assert list(Amended._attributes) == ["own_", *names]
    assert Amended._attributes["_is_open"] == {
        **Model._attributes["_is_open"],
        "text": "Whether.",
    }


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, clone])
def test_copies_have_the_same_parameters(copied):
    model = Model(lr=0.25, width=3)
    assert vars(copied(model)) == vars(model)
    assert repr(copied(model)) == "Model(lr=0.25, width=3)"


def test_a_pickle_has_the_same_parameters():
    model = pickle.loads(pickle.dumps(Model(width=3)))
    assert model.get_params() == Model(width=3).get_params()


class Written(Model):
    def __init__(self, *, depth=2, lr=0.75):
        super().__init__(lr=lr)
        self.depth = depth


class DerivedFromWritten(Written):
    """{parameters} within a line stand for themselves."""


@pytest.mark.parametrize("cls", [Written, DerivedFromWritten])
def test_a_written_constructor_is_kept(cls):
    assert defaults(cls) == {"depth": 2, "lr": 0.75}
    assert vars(cls(depth=3)) == {**vars(Model(lr=0.75)), "depth": 3}
    assert clone(cls(depth=3)).depth == 3


def test_a_constraint_may_be_written():
    class Written:
        _parameter_constraints = {  # noqa: RUF012
            **Model._parameter_constraints,
            "cell": [StrOptions({"rnn"})],
        }

    class Narrow(Model):
        _parameter_constraints = Written._parameter_constraints

    class Narrower(Narrow):
        lr = 0.25

    class Mixed(Written, Model):
        pass

    for cls in (Narrow, Narrower, Mixed):
        assert cls(cell="rnn").fit(None).verbose == 0
        with pytest.raises(InvalidParameterError, match=f"of {cls.__name__} must be"):
            cls(cell="lstm").fit(None)


def test_constraints_and_declarations_of_derived_classes_stand_above_written_ones():
    class Narrow(Model):
        _parameter_constraints = {"cell": [StrOptions({"rnn"})]}  # noqa: RUF012

    class Wide(Narrow):
        cell = amended(constraint=[StrOptions({"gru"})])

    assert Wide(cell="gru").fit(None).cell == "gru"
    assert Wide._parameter_constraints["lr"] == [POSITIVE]


def test_a_constructor_may_read_attributes_of_its_class():
    class Own(Model):
        lr = 0.25

        def __init__(self, width=3):
            super().__init__(width=width, lr=self.lr)

    class Faster(Own):
        lr = 0.5

    assert (Own().lr, Own.lr, Own().cell) == (0.25, 0.25, "lstm")
    assert (Faster().lr, defaults(Faster)) == (0.5, {"width": 3})


def test_a_constructor_that_wraps_one_is_kept():
    class Own(Model):
        @functools.wraps(Model.__init__)
        def __init__(self, **parameters):
            super().__init__(**parameters)
            self.seen_ = True

    class Derived(Own):
        pass

    assert Own(lr=0.25).seen_
    assert Derived(lr=0.25).seen_
    assert defaults(Derived) == defaults(Model)


def test_a_property_is_no_default():
    class Own(Model):
        @property
        def lr(self):
            return self.lr_

        @lr.setter
        def lr(self, value):
            self.lr_ = value

    assert vars(Own(lr=0.25))["lr_"] == Own(lr=0.25).lr == 0.25
    assert defaults(Own)["lr"] == 0.5


def test_fitted_attributes_may_be_properties_without_a_type():
    class Own(Model):
        """{attributes}"""

        @property
        def rate_(self):
            return self.lr

    assert "rate_ : object" in Own.__doc__


def test_types_are_resolved_where_they_were_declared():
    hints = typing.get_type_hints(RNNClassifier.__init__)
    assert hints.keys() == defaults(RNNClassifier).keys()
    assert hints["cell"] == str | type[RecurrentLayer]
    assert typing.get_type_hints(Model.__init__)["width"] == int | None


def test_annotations_that_declare_nothing_stay():
    class Own(Model):
        lr: float = 0.25
        later: "Undefined"  # noqa: F821

    assert Own.__annotations__ == {"later": "Undefined"}


def test_a_class_may_take_parameters_by_position():
    class Placed(Declared, kw_only=False):
        first: int = parameter(default=1)
        second: int = parameter(default=2)
        named: int = parameter(default=3, kw_only=True)

    class Other(Placed):
        second: int = 7

    assert vars(Other(4, named=5)) == {"first": 4, "second": 7, "named": 5}
    assert vars(Other(4, 5)) == {"first": 4, "second": 5, "named": 3}
    with pytest.raises(TypeError, match="positional"):
        Other(4, 5, 6)


def test_an_unknown_group_is_told():
    with pytest.raises(ValueError, match=r"about='trainin' must be one of.*'training'"):

        class Wrong(Declared, about="trainin"):
            pass


def test_a_declaration_may_serve_two_classes():
    shared = parameter(default=1)

    class One(Declared, kw_only=False):
        number: int = shared

    class Two(Declared):
        number: float = shared

    assert One._declared["number"]["annotation"] is int
    assert Two._declared["number"]["annotation"] is float
    assert One(3).number == 3
    with pytest.raises(TypeError):
        Two(3)


def test_a_network_with_a_parameter_of_its_own():
    class Own(RNNClassifier):
        """A classifier.

        {parameters}
        """

        n_experts: int = parameter(default=4, text="Number of experts.")
        cell: str | type = "gru"

    assert list(defaults(Own))[:2] == ["n_experts", "cell"]
    assert repr(Own(n_experts=2)) == "Own(n_experts=2)"
    text = inspect.getdoc(Own)
    assert "n_experts : int, default=4\n    Number of experts." in text
    assert '"peephole_lstm"} or class, default="gru"' in text
    X, y = [[0.0, 1.0], [1.0, 0.0]] * 4, [0, 1] * 4
    model = Own(max_epochs=1, bidirectional=False).fit(X, y)
    assert model.module_.encoder.layers[0].n_states == 1
