"""Searches beyond one process: Dask, Ray, Optuna and scikit-learn's halving."""

import os
import pickle
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    TimeSeriesSplit,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import RNNClassifier, RNNRegressor, SequenceArray
from skseq.inspection import permutation_importance
from skseq.preprocessing import SlidingWindow

rng = np.random.RandomState(0)
RAGGED = [rng.randn(rng.randint(2, 8), 2) for _ in range(60)]
CLASSES = np.array([x[0].sum() > 0 for x in RAGGED])
MODEL = RNNClassifier(max_epochs=3, random_state=0)
GRID = {"lr": [0.01, 0.05]}
PAGE = Path(__file__).parents[1] / "docs" / "guide_search.md"


def shown(library):
    """Return the block of the guide that is not run there, as it needs a cluster."""
    blocks = re.findall(r"```python\n(import.*?)```", PAGE.read_text(), re.S)
    (block,) = (block for block in blocks if re.search(rf"\b{library}\b", block))
    return block


def process(estimator, X, y):
    """A scorer that tells where it ran."""
    return os.getpid()


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """Two worker processes of a Dask cluster, as they could be on other machines."""
    dask = pytest.importorskip("dask")
    distributed = pytest.importorskip("distributed")
    with dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"}):
        processes = distributed.utils.get_mp_context()
        processes.set_forkserver_preload(["distributed", "skseq"])  # once for both
        options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
        options["local_directory"] = tmp_path_factory.mktemp("dask")
        with (
            distributed.LocalCluster(processes=True, **options) as cluster,
            distributed.Client(cluster) as client,
            joblib.parallel_config("dask"),
        ):
            yield client


@pytest.mark.parametrize("layout", [list, SequenceArray.from_list])
def test_a_grid_search_on_two_workers_of_dask(client, layout):
    data = layout(RAGGED)
    scoring = {"auc": "roc_auc", "process": process}
    options = {"scoring": scoring, "refit": "auc", "cv": 2}
    far = GridSearchCV(MODEL, GRID, **options).fit(data, CLASSES)
    with joblib.parallel_config("sequential"):
        near = GridSearchCV(MODEL, GRID, **options).fit(data, CLASSES)
    for name in ("split0_test_auc", "split1_test_auc"):
        np.testing.assert_array_equal(far.cv_results_[name], near.cv_results_[name])
    assert far.best_params_ == near.best_params_
    np.testing.assert_array_equal(far.predict_proba(data), near.predict_proba(data))
    places = {
        *far.cv_results_["split0_test_process"],
        *far.cv_results_["split1_test_process"],
    }
    workers = set(client.run(os.getpid).values())
    assert len(workers) == 2
    assert places <= workers - {os.getpid()}


def test_the_guides_search_on_dask_runs_given_the_address(client):
    address = client.scheduler.address
    block = shown("dask").replace("tcp://scheduler.example.org:8786", address)
    assert address in block
    X = rng.randn(40, 5, 2)
    search = GridSearchCV(MODEL, GRID, scoring=process, cv=2)
    with joblib.parallel_config("sequential"):
        exec(block, {"X": X, "y": X[:, 0, 0] > 0, "halving": search})
    places = search.cv_results_["split0_test_score"]
    assert {*places} <= {*client.run(os.getpid).values()} - {os.getpid()}


def test_a_search_by_halving_on_dask(client):
    options = {"resource": "max_epochs", "min_resources": 1, "max_resources": 4}
    options |= {"factor": 2, "cv": 2, "random_state": 0}
    grid = {"lr": [0.001, 0.01, 0.03, 0.1]}
    far = HalvingGridSearchCV(MODEL, grid, **options).fit(RAGGED, CLASSES)
    with joblib.parallel_config("sequential"):
        near = HalvingGridSearchCV(MODEL, grid, **options).fit(RAGGED, CLASSES)
    assert far.n_resources_ == [1, 2, 4]
    assert far.best_params_ == near.best_params_
    np.testing.assert_array_equal(
        far.cv_results_["mean_test_score"], near.cv_results_["mean_test_score"]
    )


def test_windows_and_importances_on_dask(client):
    table = rng.randn(90, 2)
    network = RNNRegressor(max_epochs=3, random_state=0)
    model = make_pipeline(StandardScaler(), SlidingWindow(window_length=4), network)

    def run():
        scores = cross_val_score(model, table, table[:, 0], cv=TimeSeriesSplit(2))
        windows = model[:-1].fit_transform(table)
        fitted = network.fit(windows, table[:, 0])
        importance = permutation_importance(
            fitted, windows, table[:, 0], align="end", n_repeats=1, random_state=0
        )
        return scores, importance.importances

    far = run()
    with joblib.parallel_config("sequential"):
        near = run()
    np.testing.assert_array_equal(far[0], near[0])
    np.testing.assert_allclose(far[1], near[1], rtol=1e-12)


def test_dask_is_sent_sequences_once_and_not_with_every_fit(client, monkeypatch):
    """As it does with what says that it is large."""
    data, pickled, reduce = (
        SequenceArray.from_list(RAGGED),
        [],
        SequenceArray.__reduce__,
    )

    def counted(sequences):
        pickled.append(len(sequences))
        return reduce(sequences)

    monkeypatch.setattr(SequenceArray, "__reduce__", counted)
    cross_val_score(MODEL, data, CLASSES, cv=6)
    assert pickled == [60]


def test_what_is_sent_is_small():
    windows = SlidingWindow(window_length=100).fit_transform(np.zeros((1000, 5)))
    n_bytes = 8 * (1000 * 5 + 1000 + 1000)  # steps, starts, lengths; 4 MB laid out
    assert n_bytes <= sys.getsizeof(windows) < n_bytes + 100
    assert n_bytes <= len(pickle.dumps(windows)) < n_bytes + 1000
    assert len(pickle.dumps(RNNClassifier())) < 2000


RAY = """
import os
import numpy, ray
from sklearn.model_selection import GridSearchCV
from skseq import RNNClassifier, SequenceArray
from skseq.persistence import load
from test_scale_out import CLASSES, GRID, MODEL, RAGGED, shown

local = "num_cpus=2, include_dashboard=False, log_to_driver=False"
folder = os.environ["RAY_TMPDIR"]
SequenceArray.from_parts([RAGGED], folder + "/sequences")
numpy.save(folder + "/y.npy", CLASSES)
block = shown("TorchTrainer").replace('address="auto"', local)
block = block.replace("/shared", folder).replace("use_gpu=True", "use_gpu=False")
assert local in block
exec(block, {})
here = RNNClassifier(device="accelerate", max_epochs=5, random_state=0)
here.fit(RAGGED, CLASSES)
far = load(folder + "/model.skseq")
assert far.device == "accelerate"
said, expected = far.predict_proba(RAGGED), here.predict_proba(RAGGED)
numpy.testing.assert_allclose(said, expected, atol=1e-5)

def process(estimator, X, y):
    return os.getpid()

data = SequenceArray.from_list(RAGGED)
options = {"scoring": {"auc": "roc_auc", "process": process}, "refit": "auc", "cv": 2}
far = GridSearchCV(MODEL, GRID, **options)
block = shown("register_ray").replace('ray.init(address="auto")', "assert ray")
exec(block, {"X": data, "y": CLASSES, "halving": far})
near = GridSearchCV(MODEL, GRID, **options).fit(data, CLASSES)
ray.shutdown()
for name in ("split0_test_auc", "split1_test_auc"):
    numpy.testing.assert_array_equal(far.cv_results_[name], near.cv_results_[name])
for i in (0, 1):
    name = f"split{i}_test_process"
    assert os.getpid() not in far.cv_results_[name]
    assert set(near.cv_results_[name]) == {os.getpid()}
assert far.best_params_ == near.best_params_
print("equal")
"""


@pytest.fixture
def ray_folder():
    """A folder of one's own: /tmp/ray may be another user's, paths may not be long."""
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as path:
        yield path


def test_a_fit_and_a_grid_search_on_two_workers_of_ray(ray_folder):
    """In a process of its own, as Ray sets signals, logs and threads of its process."""
    pytest.importorskip("ray")
    environment = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    done = subprocess.run(
        [sys.executable, "-c", RAY],
        env={**os.environ, **environment, "RAY_TMPDIR": ray_folder},
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.stdout.endswith("equal\n"), done.stderr


def test_optuna_suggests_and_cross_validation_scores():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def search():
        def score(trial):
            model = RNNClassifier(
                cell=trial.suggest_categorical("cell", ["rnn", "gru"]),
                lr=trial.suggest_float("lr", 1e-5, 0.1, log=True),
                max_epochs=4,
                random_state=0,
            )
            scores = cross_val_score(model, RAGGED, CLASSES, cv=2, scoring="roc_auc")
            return scores.mean()

        sampler = optuna.samplers.TPESampler(seed=0)
        study = optuna.create_study(direction="maximize", sampler=sampler)
        study.optimize(score, n_trials=4)
        return study

    one, other = search(), search()
    assert one.best_params == other.best_params
    assert [t.value for t in one.trials] == [t.value for t in other.trials]
    assert one.best_value == max(t.value for t in one.trials) > 0.5


def test_optuna_prunes_what_learns_too_slowly():
    """skorch's callback of Optuna is one of ours."""
    optuna = pytest.importorskip("optuna")
    callbacks = pytest.importorskip("optuna_integration.skorch")
    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def loss(trial):
        pruning = callbacks.SkorchPruningCallback(trial, "train_loss")
        lr = trial.suggest_categorical("lr", [0.05, 1e-5])
        model = RNNClassifier(lr=lr, max_epochs=10, callbacks=[pruning], random_state=0)
        return model.fit(RAGGED, CLASSES).loss_curve_[-1]

    study = optuna.create_study(
        sampler=optuna.samplers.GridSampler({"lr": [0.05, 1e-5]}, seed=0),
        pruner=optuna.pruners.ThresholdPruner(upper=0.65, n_warmup_steps=5),
    )
    study.optimize(loss)
    states = {trial.params["lr"]: trial.state.name for trial in study.trials}
    assert states == {0.05: "COMPLETE", 1e-5: "PRUNED"}
    assert study.best_params == {"lr": 0.05}


@pytest.mark.filterwarnings("ignore:OptunaSearchCV is experimental")
@pytest.mark.filterwarnings("ignore:`optuna.terminator` module has been deprecated")
def test_optunas_search_in_the_manner_of_scikit_learn():
    optuna = pytest.importorskip("optuna")
    search_cv = pytest.importorskip("optuna_integration.sklearn").OptunaSearchCV
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    rates = optuna.distributions.FloatDistribution(1e-5, 0.1, log=True)
    search = search_cv(
        MODEL, {"lr": rates}, n_trials=3, cv=2, scoring="roc_auc", random_state=0
    ).fit(SequenceArray.from_list(RAGGED), CLASSES)
    scores = [trial.value for trial in search.trials_]
    assert search.best_score_ == max(scores)
    model = MODEL.set_params(**search.best_params_)
    expected = cross_val_score(model, RAGGED, CLASSES, cv=2, scoring="roc_auc")
    assert search.best_score_ == pytest.approx(expected.mean(), abs=1e-12)
