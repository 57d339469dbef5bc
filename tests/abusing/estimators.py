"""How estimators are called, and what comes out if that succeeds."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from abusing import data, targets
from abusing.contract import Violation, check_finite
from abusing.drawing import Call
from abusing.parameters import OF_DETECTORS, OF_FORECASTERS, OF_GENERATORS
from skseq import SequenceArray
from skseq.data.steps import flatten_steps

KINDS_OF = {
    "holed": data.HOLED,
    "timed": ("timed",),
    "mixed": data.MIXED,
    "ward": data.WARDS,
}

__all__ = ["FAMILIES", "expect_shape", "n_sequences"]


def n_sequences(X):
    """Return how many sequences X holds, and how many steps each of them."""
    if isinstance(X, SequenceArray):
        return len(X), X.lengths
    if hasattr(X, "iloc") and X.index.nlevels == 2:
        sizes = X.groupby(level=0, sort=False).size()
        return len(sizes), sizes.to_numpy()
    if hasattr(X, "shape") and X.ndim > 1:
        return len(X), np.full(len(X), X.shape[1])
    return len(X), np.array([len(x) for x in X])


def expect_shape(result, shape, what):
    found = np.shape(result)
    if found != tuple(shape):
        raise Violation(f"{what} has the shape {found}, not {tuple(shape)}")
    check_finite(result, what)


class Family:
    """Estimators that are called alike."""

    small: ClassVar[dict] = {}

    def make(self, d, cls):
        return d.make(cls, self.small)

    @staticmethod
    def setting(d, cls):
        name = d.any_of(name for name in d.names(cls) if name != "device")
        return Call("set_params", {name: d.parameter(name)})

    def check(self, model, call, arguments, result, memory):
        """Raise unless the result of a successful call is what it should be."""
        if call.method in ("fit", "partial_fit", "update") and result is not model:
            raise Violation(f"{call.method} did not return the estimator")
        checker = getattr(self, f"check_{call.method}", None)
        if checker is not None:
            checker(model, arguments, result, memory)

    def check_score(self, model, arguments, result, memory):
        if not isinstance(result, float):
            raise Violation(f"score returned {result!r}")


class OfSequences(Family):
    """One target per sequence."""

    good: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    takes_classes = False

    def y(self, d, X, kind):
        return d.targets((kind,))

    def training(self, d, method, kind, **alike):
        X = d.sequences(**alike)
        arguments = {"X": X, "y": self.y(d, X, kind)}
        if d.often(20):
            arguments["sample_weight"] = d.weights()
        if method == "partial_fit" and self.takes_classes and d.often(50):
            known = "[0, 1]", "['a', 'b', 'c']", "[0, 1, 2]"
            arguments["classes"] = d.mostly(known, (d.anything(),), 80)
        if d.often(3):
            arguments[d.any_of(tuple(arguments))] = d.anything()
        return Call(method, arguments)

    def calls(self, d, cls):
        tokens, kinds = d.often(8), data.FLAT if d.often(20) else data.CUBES
        if not tokens and d.often(90):
            kinds = KINDS_OF.get(d.incomplete, kinds)
        alike = {"tokens": tokens, "kinds": kinds}
        kind = d.any_of(self.good)
        train = ("fit", "fit", "fit", "partial_fit")
        calls = [self.training(d, d.any_of(train), kind, **alike)]
        for _ in range(d.number(0, 4)):
            methods = (*self.methods, "fit", "partial_fit", "set_params")
            if hasattr(cls, "stateful"):
                methods += ("stateful",)
            if hasattr(cls, "get_feature_names_out"):
                methods += ("transform", "get_feature_names_out", "fit_transform")
            method = d.next_of(methods)
            if method == "stateful":
                states = ("None", f"[(np.zeros(({d.n}, 3)),) * 2]", "[[[0.0] * 3] * 2]")
                state = d.mostly(states, (d.anything(),), 80)
                calls.append(Call(method, {"initial_state": state}))
            elif method == "get_feature_names_out":
                given = d.mostly(("None",), (d.anything(),), 80)
                calls.append(Call(method, {"input_features": given}))
            elif method == "set_params":
                calls.append(self.setting(d, cls))
            elif method in ("fit", "partial_fit", "fit_transform"):
                calls.append(self.training(d, method, kind, **alike))
            else:
                X = d.sequences(**alike)
                arguments = {"X": X}
                if method == "score":
                    arguments["y"] = self.y(d, X, kind)
                    if d.often(20):
                        arguments["sample_weight"] = d.weights()
                if d.often(3):
                    arguments["X"] = d.anything()
                arguments |= self.extra(d, method)
                calls.append(Call(method, arguments))
        return calls

    def extra(self, d, method):
        return {}

    def check_transform(self, model, arguments, result, memory):
        n, _ = n_sequences(arguments["X"])
        expect_shape(result, (n, model._n_features_out), "transform")

    check_fit_transform = check_transform


class Classifier(OfSequences):
    good = targets.CLASSES
    methods = ("predict", "predict_proba", "decision_function", "score")
    takes_classes = True

    def check_predict(self, model, arguments, result, memory):
        n, _ = n_sequences(arguments["X"])
        several = model._task.__class__.__name__.startswith("Multilabel")
        expect_shape(result, (n, len(model.classes_)) if several else (n,), "predict")
        allowed = (0, 1) if several else model.classes_
        if not np.isin(result, allowed).all():
            raise Violation("predict returned an unknown class")

    def check_predict_proba(self, model, arguments, result, memory):
        n, _ = n_sequences(arguments["X"])
        expect_shape(result, (n, len(model.classes_)), "predict_proba")
        several = model._task.__class__.__name__.startswith("Multilabel")
        if (result < 0).any() or (result > 1).any():
            raise Violation("probabilities outside of [0, 1]")
        if not several and not np.allclose(result.sum(axis=1), 1):
            raise Violation("probabilities do not add up to 1")

    def check_decision_function(self, model, arguments, result, memory):
        n, _ = n_sequences(arguments["X"])
        n_classes = len(model.classes_)
        several = model._task.__class__.__name__.startswith("Multilabel")
        shape = (n,) if n_classes == 2 and not several else (n, n_classes)
        expect_shape(result, shape, "decision_function")


class Regressor(OfSequences):
    good = targets.NUMBERS
    methods = ("predict", "predict", "score")

    def check_fit(self, model, arguments, result, memory):
        memory["shape"] = np.shape(arguments["y"])[1:]

    check_partial_fit = check_fit

    def check_fit_transform(self, model, arguments, result, memory):
        self.check_fit(model, arguments, result, memory)
        self.check_transform(model, arguments, result, memory)

    def check_predict(self, model, arguments, result, memory):
        n, _ = n_sequences(arguments["X"])
        expect_shape(result, (n, *memory["shape"]), "predict")


class Tagger(OfSequences):
    good = targets.STEP_KINDS
    methods = ("predict", "predict_proba", "decision_function", "score")
    takes_classes = True

    def y(self, d, X, kind):
        if not d.often(85):
            return d.targets(targets.BROKEN, 60)
        return f"step_targets({X}, {kind!r}, {d.seed})"

    def check_predict(self, model, arguments, result, memory):
        flat = self._flat(arguments, result, "predict")
        if flat.ndim != 1 or not np.isin(flat, model.classes_).all():
            raise Violation("predict returned an unknown class")

    def check_predict_proba(self, model, arguments, result, memory):
        flat = self._flat(arguments, result, "predict_proba")
        expect_shape(flat, (len(flat), len(model.classes_)), "predict_proba")
        if not np.allclose(flat.sum(axis=1), 1):
            raise Violation("probabilities do not add up to 1")

    def check_decision_function(self, model, arguments, result, memory):
        self._flat(arguments, result, "decision_function")

    @staticmethod
    def _flat(arguments, result, what):
        n, lengths = n_sequences(arguments["X"])
        if len(result) != n and not hasattr(result, "iloc"):
            raise Violation(f"{what} has {len(result)} items for {n} sequences")
        if isinstance(result, np.ndarray) and result.dtype != object:
            flat, found = result.reshape(-1, *result.shape[2:]), [result.shape[1]] * n
        else:
            flat, found = flatten_steps(result)
        if list(found) != list(lengths):
            raise Violation(f"{what} has {list(found)} steps, not {list(lengths)}")
        check_finite(flat, what)
        return flat


class Seq2SeqNumbers(OfSequences):
    good = (*targets.NUMBERS, "ragged", "three_dims")
    methods = ("predict", "predict", "score")

    def extra(self, d, method):
        if method != "predict" or d.often(50):
            return {}
        steps = ("1", "4", "None", f"np.arange(1, {d.n} + 1)", f"[1] * {d.n}")
        return {"n_steps": d.mostly(steps, (d.anything(huge=False),), 70)}

    def check_predict(self, model, arguments, result, memory):
        n, _ = n_sequences(arguments["X"])
        if len(result) != n:
            raise Violation(f"predict has {len(result)} items for {n} sequences")
        n_steps = arguments.get("n_steps")
        result = result.to_numpy() if hasattr(result, "iloc") else result
        if n_steps is not None and np.ndim(result[0]):
            most = np.broadcast_to(n_steps, n)
            found = [len(row) for row in result]
            if not self.is_right(found, most):
                raise Violation(f"predict has {found} steps, not {most}")
        check_finite(result, "predict")

    @staticmethod
    def is_right(found, most):
        return found == list(most)


class Seq2SeqLabels(Seq2SeqNumbers):
    good = Tagger.good
    takes_classes = True
    y = Tagger.y

    @staticmethod
    def is_right(found, most):
        return all(n <= m for n, m in zip(found, most, strict=True))

    def check_predict(self, model, arguments, result, memory):
        super().check_predict(model, arguments, result, memory)
        if not all(np.isin(row, model.classes_).all() for row in result):
            raise Violation("predict returned an unknown class")


class Forecaster(Family):
    small = OF_FORECASTERS

    def calls(self, d, cls):
        kind = (d.any_of(data.TABLES),)
        if d.often(20):
            kind = ("names",)
        own_y = d.often(30)
        if d.often(15):
            kind, own_y = ("named_mixed",), d.often(80)

        def rows(n, start=0, percent=92):
            given = {"X": d.table(percent, kind, n, start=start)}
            if own_y:
                good = "floats", "columns", "series", "column"
                given["y"] = d.targets(good, percent, n)
            if d.often(2):
                given[d.any_of(tuple(given))] = d.anything()
            return given

        calls = [Call("fit", rows(24))]
        start = 24
        for _ in range(d.number(0, 4)):
            method = d.next_of(
                ("predict",) * 3
                + FORECASTS
                + ("rolling_forecast", "update", "fit", "set_params")
            )
            if method == "set_params":
                calls.append(self.setting(d, cls))
                continue
            if method in FORECASTS or method == "predict":
                arguments = {}
                if d.often(40) or method == "score":
                    arguments["X"] = d.table(90, kind, d.number(1, 8), start=start)
                elif d.often(50):
                    arguments["n_steps"] = d.mostly(
                        ("1", "7"), (d.anything(False),), 70
                    )
                if method == "predict_quantiles" and d.often(40):
                    levels = ("(0.2, 0.8)", "(0.5,)", "(0.8, 0.2)", "(2,)", "()")
                    arguments["quantiles"] = d.any_of(levels)
                if method == "predict_interval" and d.often(40):
                    levels = ("0.5", "1", "0", "nan", "None", "'x'")
                    arguments["coverage"] = d.any_of(levels)
            elif method == "rolling_forecast":
                arguments = rows(d.number(1, 12), start)
                if d.often(50):
                    arguments["restart"] = d.any_of(("True", "False"))
            else:
                n = 24 if method == "fit" else d.number(1, 6)
                arguments = rows(n, 0 if method == "fit" else start)
                start += n if method == "update" else 0
            calls.append(Call(method, arguments))
        return calls

    @staticmethod
    def _n_rows(model, arguments):
        if arguments.get("X") is not None:
            return len(arguments["X"])
        n_steps = arguments.get("n_steps")
        n_steps = model._horizon if n_steps is None else n_steps
        return n_steps * len(model._context.names)

    def check_predict(self, model, arguments, result, memory):
        n, n_targets = self._n_rows(model, arguments), model._columns.n_targets
        shape = (n,) if model._kind.is_flat else (n, n_targets)
        expect_shape(result, shape, "predict")

    def check_predict_quantiles(self, model, arguments, result, memory):
        levels = arguments.get("quantiles")
        n_levels = len(model.quantiles if levels is None else levels)
        self._check_levels(model, arguments, result, n_levels)

    def check_predict_interval(self, model, arguments, result, memory):
        self._check_levels(model, arguments, result, 2)

    def _check_levels(self, model, arguments, result, n_levels):
        n, n_targets = self._n_rows(model, arguments), model._columns.n_targets
        shape = (n, n_levels) if model._kind.is_flat else (n, n_targets, n_levels)
        if hasattr(result, "iloc"):
            shape = n, int(np.prod(shape[1:]))
        expect_shape(result, shape, "quantiles")

    def check_rolling_forecast(self, model, arguments, result, memory):
        shape = model._horizon, model._columns.n_targets
        if hasattr(result, "iloc"):
            result = result.to_numpy().reshape(-1, *shape)
        expect_shape(result[0], shape, "rolling_forecast")
        if not len(model._context.names) > 1:
            skipped = model._window_length * arguments.get("restart", False)
            n = len(arguments["X"]) - skipped - model._horizon + 1
            expect_shape(result, (n, *shape), "rolling_forecast")


FORECASTS = ("predict_quantiles", "predict_interval", "score")


class Detector(Family):
    small = OF_DETECTORS

    def calls(self, d, cls):
        kind = (d.any_of(data.TABLES),)
        calls = [Call("fit", {"X": d.table(92, kind)})]
        for _ in range(d.number(0, 4)):
            method = d.next_of((*JUDGEMENTS, "set_params"))
            if method == "set_params":
                calls.append(self.setting(d, cls))
                continue
            later = 24 if d.often(50) else 0
            X = d.table(92, kind, d.number(1, 9), start=later)
            if d.often(2):
                X = d.anything()
            calls.append(Call(method, {"X": X}))
        return calls

    def check_predict(self, model, arguments, result, memory):
        expect_shape(result, (len(arguments["X"]),), "scores")
        if not np.isin(result, (-1, 1)).all():
            raise Violation(f"predict returned {result}")

    def check_score_samples(self, model, arguments, result, memory):
        expect_shape(result, (len(arguments["X"]),), "scores")

    check_decision_function = check_score_samples
    check_fit_predict = check_predict

    def check(self, model, call, arguments, result, memory):
        if call.method == "update":
            self.check_score_samples(model, arguments, result, memory)
        else:
            super().check(model, call, arguments, result, memory)


JUDGEMENTS = ("predict", "score_samples", "decision_function", "update", "fit_predict")


class Generator(Family):
    small = OF_GENERATORS

    def calls(self, d, cls):
        calls = [Call("fit", {"X": d.texts()})]
        for _ in range(d.number(0, 3)):
            method = d.next_of(
                ("predict_proba", "score", "generate", "generate", "set_params")
            )
            if method == "set_params":
                calls.append(self.setting(d, cls))
                continue
            if method != "generate":
                calls.append(Call(method, {"X": d.texts()}))
                continue
            arguments = {"max_length": d.any_of(("1", "7", "70"))}
            for name, choices in GENERATE.items():
                if d.often(35):
                    arguments[name] = d.mostly(choices, (d.anything(False),), 80)
            calls.append(Call(method, arguments))
        return calls

    def check_predict_proba(self, model, arguments, result, memory):
        shape = len(arguments["X"]), len(model.classes_)
        expect_shape(result, shape, "predict_proba")
        if not np.allclose(result.sum(axis=1), 1):
            raise Violation("probabilities do not add up to 1")

    def check_generate(self, model, arguments, result, memory):
        if len(result) != arguments.get("n", 1):
            raise Violation(f"generate wrote {len(result)} texts")
        begins = arguments.get("prefix", "")
        if model.level == "char" and not all(t.startswith(begins) for t in result):
            raise Violation("generate left the prefix out")


GENERATE = {
    "n": ("1", "3", "np.int64(2)"),
    "prefix": ("'a'", "'anna'", "''", "'zzz'", "'<end>'"),
    "temperature": ("1.0", "0", "1e-300", "1e300", "0.5"),
    "top_k": ("None", "1", "3", "10**12"),
    "random_state": ("None", "0", "np.random.RandomState(3)"),
}

FAMILIES = {
    "Classifier": Classifier(),
    "Regressor": Regressor(),
    "Tagger": Tagger(),
    "Forecaster": Forecaster(),
    "Seq2SeqRegressor": Seq2SeqNumbers(),
    "Seq2SeqClassifier": Seq2SeqLabels(),
    "SequenceAnomalyDetector": Detector(),
    "SequenceGenerator": Generator(),
}
