"""Old names are understood, warn, and go in time."""

import inspect

import pytest
from packaging.version import Version
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import make_pipeline

import skseq
from skseq import callbacks, metrics, model_selection, plotting, preprocessing
from skseq.parameters import Declared, Renamed, attribute, parameter

ROOMS = (skseq, callbacks, metrics, model_selection, plotting, preprocessing)


class Model(Declared, BaseEstimator):
    """What has had other names."""

    max_epochs: int = parameter(default=3)
    lr: float = parameter(default=0.1)
    n_iter_: int = attribute(text="Epochs.")
    n_epochs = Renamed("max_epochs", removed_in="0.4")
    n_epochs_ = Renamed("n_iter_", removed_in="0.4")

    def fit(self):
        self.n_iter_ = self.max_epochs
        return self


class Derived(Model):
    """What has them from its base."""

    max_epochs: int = 9


OLD = "n_epochs of Model was renamed to max_epochs; skseq 0.4 will not know"


def test_a_constructor_takes_an_old_name():
    with pytest.warns(FutureWarning, match=OLD) as record:
        model = Model(n_epochs=5, lr=0.2)
    assert [warning.filename for warning in record] == [__file__]
    assert vars(model) == {"max_epochs": 5, "lr": 0.2}
    with pytest.warns(FutureWarning, match="n_epochs of Derived"):
        assert Derived(n_epochs=5).max_epochs == 5
    assert Derived().max_epochs == 9


def test_parameters_are_set_by_an_old_name():
    for model in (Model(), make_pipeline(Model())):
        name = "n_epochs" if isinstance(model, Model) else "model__n_epochs"
        with pytest.warns(FutureWarning, match=OLD):
            model.set_params(**{name: 7})
        assert model.get_params()[name.replace("n_epochs", "max_epochs")] == 7


def test_an_attribute_is_read_and_set_by_an_old_name():
    model = Model().fit()
    with pytest.warns(FutureWarning, match="n_epochs_ of Model was renamed") as record:
        assert model.n_epochs_ == 3
    with pytest.warns(FutureWarning, match=OLD) as further:
        model.n_epochs = 4
    assert model.max_epochs == 4
    assert {warning.filename for warning in (*record, *further)} == {__file__}
    assert not hasattr(Model(), "n_epochs_")  # and nothing warns before fit


def test_nothing_else_knows_an_old_name():
    assert list(inspect.signature(Model).parameters) == ["max_epochs", "lr"]
    assert clone(Model(max_epochs=4).fit()).get_params() == {"max_epochs": 4, "lr": 0.1}
    with pytest.raises(TypeError, match=r"n_epoch'.*Did you mean"):
        Model(n_epoch=3)
    with pytest.raises(ValueError, match="Invalid parameter 'n_epoch'"):
        Model().set_params(n_epoch=3)


@pytest.mark.filterwarnings("ignore:n_epochs of Model")
def test_both_names_are_an_error():
    for call in (Model, Model().set_params):
        with pytest.raises(TypeError, match="n_epochs is the old name of max_epochs"):
            call(n_epochs=3, max_epochs=4)


def outlived(classes, version):
    """Return the old names that a version does not promise any more."""
    return [
        f"{cls.__name__}.{name}"
        for cls in classes
        for name, value in inspect.getmembers(cls)
        if isinstance(value, Renamed) and Version(version) >= Version(value.removed_in)
    ]


def test_no_old_name_outlives_its_version():
    assert outlived([Model], "0.3.9") == []
    assert outlived([Model], "0.4.0") == ["Model.n_epochs", "Model.n_epochs_"]
    public = [getattr(room, name) for room in ROOMS for name in room.__all__]
    assert not outlived(filter(inspect.isclass, public), skseq.__version__)


def test_every_public_estimator_hears_old_names_first():
    public = [getattr(room, name) for room in ROOMS for name in room.__all__]
    classes = [c for c in public if inspect.isclass(c) and issubclass(c, BaseEstimator)]
    assert len(classes) > 15
    for cls in classes:
        if issubclass(cls, Declared):
            assert cls.__mro__.index(Declared) < cls.__mro__.index(BaseEstimator)
