"""How transformers and functions are called, and what comes out of them."""

from __future__ import annotations

import numpy as np

from abusing import data, targets
from abusing.contract import Violation, check_finite
from abusing.drawing import Call
from abusing.estimators import Family, expect_shape, n_sequences
from skseq import SequenceArray

__all__ = ["FUNCTIONS", "TRANSFORMERS"]


class Transformer(Family):
    methods = ("transform", "transform", "fit", "fit_transform", "set_params")

    def X(self, d):
        return d.sequences()

    def calls(self, d, cls):
        calls = [Call("fit", {"X": self.X(d)})] if d.often(80) else []
        for _ in range(d.number(1, 4)):
            method = d.next_of(self.methods)
            if method == "set_params":
                calls.append(self.setting(d, cls))
            else:
                X = d.anything() if d.often(3) else self.X(d)
                calls.append(Call(method, {"X": X}))
        return calls

    def check_transform(self, model, arguments, result, memory):
        n, lengths = n_sequences(arguments["X"])
        found_n, found_lengths = n_sequences(result)
        if (found_n, list(found_lengths)) != (n, list(lengths)):
            raise Violation(f"transform made {found_n} sequences: {found_lengths}")


class Scaler(Transformer):
    methods = ("transform", "inverse_transform", "inverse_transform", "set_params")

    check_inverse_transform = Transformer.check_transform


class Padder(Transformer):
    def check_transform(self, model, arguments, result, memory):
        n, _ = n_sequences(arguments["X"])
        found = np.shape(result)
        if found[:2] != (n, model.length_):
            raise Violation(f"transform has the shape {found}")


class Swapper(Transformer):
    methods = ("transform", "transform", "fit", "fit_transform")

    def X(self, d):
        return d.sequences(kinds=data.RECTANGLES if d.often(50) else data.KINDS)

    def check_transform(self, model, arguments, result, memory):
        if len(result) != len(arguments["X"]):
            raise Violation(f"transform made {len(result)} sequences")


class Windows(Transformer):
    def X(self, d):
        return d.table(85, ("mixed",) if d.incomplete == "mixed" else data.TABLES)

    def check_transform(self, model, arguments, result, memory):
        if len(result) != len(arguments["X"]):
            raise Violation(f"transform made {len(result)} windows")
        if model.missing == "error" and result.categories is None:
            check_finite(result.values, "transform")


class Columns(Transformer):
    """Transformers of columns by name, per step or per sequence."""

    kinds = ("panel", "named_panel", "frames", *data.INCOMPLETE)

    def make(self, d, cls):
        of_steps = "[('a', SimpleImputer(), ['c0']), ('b', OneHotEncoder(), ['ward'])]"
        listed = (
            *(of_steps, of_steps, "[('a', StandardScaler(), [0])]"),
            "[('a', SimpleImputer(), ['age']), ('b', OneHotEncoder(), ['sex'])]",
        )
        return d.make(cls, {"transformers": listed})

    def X(self, d):
        return d.sequences(kinds=self.kinds)

    def check_transform(self, model, arguments, result, memory):
        super().check_transform(model, arguments, result, memory)
        if not isinstance(result, SequenceArray):
            raise Violation(f"transform made a {type(result).__name__}")

    check_fit_transform = check_transform


class Texts(Transformer):
    def X(self, d):
        return d.texts()

    def calls(self, d, cls):
        calls = super().calls(d, cls)
        tokens = ("[[2, 3], [2]]", "np.array([[0, 1]])", "[[99]]", "[[-1]]", "[]")
        tokens += ("[['a']]", "[[0.5]]", "[[nan]]", "[[2], []]", "3", "[[1, [2]]]")
        return [*calls, Call("inverse_transform", {"X": d.any_of(tokens)})]

    def check_transform(self, model, arguments, result, memory):
        if len(result) != len(arguments["X"]) or min(map(len, result)) < 1:
            raise Violation(f"transform made {result}")

    def check_inverse_transform(self, model, arguments, result, memory):
        if len(result) != len(arguments["X"]):
            raise Violation(f"inverse_transform made {result}")


class Splitter(Family):
    def calls(self, d, cls):
        arguments = {"X": d.sequences()}
        if d.often(60):
            y = f"step_targets({arguments['X']}, 'step_list')"
            arguments["y"] = y if d.often(50) else d.targets(targets.CLASSES)
        if d.often(30):
            arguments["groups"] = d.mostly((f"np.arange({d.n})",), (d.anything(),))
        joined = (f"np.ones({d.n})", f"np.ones(({d.n}, 2))", f"[[1.0]] * {d.n}")
        broken = ("None", "[]", "[nan]", "['a']", "[[1], [2, 3]]", "3", "[None]")
        predictions = {"predictions": d.mostly(joined, broken, 60)}
        return [Call("split", arguments), Call("join", predictions)]

    def check_split(self, model, arguments, result, memory):
        pieces, y, groups = result
        if not len(pieces) == len(groups) == len(model.origins_):
            raise Violation("pieces and groups differ in number")
        if y is not None and len(y) != len(pieces):
            raise Violation("pieces and labels differ in number")
        _, lengths = n_sequences(arguments["X"])
        if pieces.lengths.sum() < lengths.sum():
            raise Violation("steps got lost")

    def check_join(self, model, arguments, result, memory):
        if len(result) != len(model.lengths_):
            raise Violation(f"join made {len(result)} predictions")


TRANSFORMERS = {
    "SequenceColumnTransformer": Columns(),
    "SequenceScaler": Scaler(),
    "SequencePadder": Padder(),
    "SwapAxes": Swapper(),
    "SlidingWindow": Windows(),
    "Tokenizer": Texts(),
    "SequenceSplitter": Splitter(),
}


# Functions -----------------------------------------------------------------------


def draw_windows(d):
    arguments = {"X": d.table(85)}
    if d.often(40):
        arguments["y"] = d.targets(targets.NUMBERS, 80, 24)
    if d.often(20):
        arguments["missing"] = d.mostly(("'mask'", "'error'"), (d.anything(),))
    for name in ("window_length", "horizon", "stride"):
        if d.often(50):
            arguments[name] = d.mostly(("1", "3", "np.int64(2)"), (d.anything(),))
    return arguments


def check_windows(arguments, result):
    windows, goals = result
    if windows.categories is None and "missing" not in arguments:
        check_finite(windows.values, "windows")
    check_finite(goals, "targets")
    if len(windows) != len(goals) or not len(windows):
        raise Violation(f"{len(windows)} windows and {len(goals)} targets")


def draw_bits(d):
    good = ("np.full((2, 3), 1 / 3)", "[[1, 0, 0], [0, 1.0, 0]]")
    broken = ("np.ones((2, 3))", "[[nan, 1, 0]] * 2", "[]", "np.ones(2)", "None")
    symbols = ("'ab'", "['a', 'c']", "np.array(['a', 'b'])")
    return {
        "symbols": d.mostly(symbols, ("'a'", "'xy'", "3", "None", "[[1], [2]]", "''")),
        "probabilities": d.mostly(good, broken),
        "classes": d.mostly(("'abc'", "['a', 'b', 'c']"), ("'ab'", "3", "'aab'", "()")),
    }


def check_bits(arguments, result):
    if not (isinstance(result, float) and result >= 0):
        raise Violation(f"bits_per_character is {result!r}")


def draw_steps(d):
    X = d.sequences()
    if d.often(60):
        return {"values": f"step_targets({X}, {d.any_of(targets.STEP_KINDS)!r})"}
    return {"values": d.mostly((X,), (d.anything(),))}


def check_steps(arguments, result):
    if not isinstance(result, np.ndarray) or result.ndim < 1:
        raise Violation(f"concat_steps made {result!r}")


def draw_scoring(d):
    return {"scoring": d.mostly(("'accuracy'", "'f1_macro'"), (d.anything(),), 50)}


def draw_context_scoring(d):
    context = d.mostly(("0", "2", "np.int64(3)"), (d.anything(),), 60)
    return draw_scoring(d) | {"context": context}


def check_callable(arguments, result):
    if not callable(result):
        raise Violation(f"no scorer but {result!r}")


def draw_from_array(d):
    return {"X": d.sequences(60)}


def check_sequences(arguments, result):
    given = next(iter(arguments.values()))
    if not hasattr(given, "__len__"):  # an iterator, which is used up
        return
    n, lengths = n_sequences(given)
    if "X" in arguments and isinstance(given, SequenceArray):  # NaN in short windows
        lengths = np.full(n, given.shape[1])
    if len(result) != n or list(result.lengths) != list(lengths):
        raise Violation(f"{result} of {n} sequences")


def draw_from_list(d):
    kinds = ("list", "ragged", "nested", "objects", "mixed_frames")
    return {"sequences": d.sequences(60, kinds), **draw_static(d)}


def draw_from_frame(d):
    kinds = ("panel", "panel", "named_panel", "mixed_panel")
    return {"frame": d.sequences(60, kinds), **draw_static(d)}


def draw_static(d):
    return {"static": d.static()} if d.often(40) else {}


def draw_container(d):
    integers = ("[0, 1]", "[0]", "[-1]", "[0.5]", "[nan]", "[]", "None", "[[1]]", "3")
    huge = ("[2**62, 1]", "[10**30]", "['a']", "np.array([2**63], dtype='uint64')")
    table = f"table('array', n={d.n}, f={d.f})"
    arguments = {
        "values": d.mostly((table,), (d.sequences(50), d.anything())),
        "starts": d.mostly(("[0, 0]", "np.array([0, 0], 'i1')"), integers + huge, 70),
        "lengths": d.mostly(("[1, 1]", f"[{d.n}, 1]"), integers + huge, 70),
    }
    if d.often(30):
        arguments["window_length"] = d.mostly(("9", "1", "None"), (d.anything(),))
    if d.often(30):
        times = (f"np.arange({d.n})", f"pd.date_range('2024', periods={d.n})")
        arguments["times"] = d.mostly(times, (d.anything(),))
    if d.often(20):
        known = (f"(None,) * {d.f}", f"(pd.Index(['a', 'b']),) * {d.f}")
        arguments["categories"] = d.mostly(known, (d.anything(),))
    if d.often(20):
        arguments["static"] = d.mostly(("[[1.0], [2.0]]", "[1, 2]"), (d.anything(),))
    return arguments


def check_container(arguments, result):
    expect_shape(result.starts, result.lengths.shape, "starts")
    if [len(x) for x in result] != list(result.lengths):
        raise Violation("sequences are not as long as they say")
    if not isinstance(repr(result), str) or not isinstance(result, SequenceArray):
        raise Violation("no SequenceArray")


def draw_padded(d):
    kinds = ("list", "ragged", "overlapping", "windows")
    X = d.sequences(100, kinds)
    arguments = {"self": X if "windows" in X else f"SequenceArray.from_list({X})"}
    lengths = ("None", "1", "9", "0", "np.int64(2)")
    choices = {
        "value": (("0.0", "nan", "-1"), ("'a'", "None", "1j", "[1]")),
        "length": (lengths, ("-1", "1.5", "'a'", "nan", "True")),
        "padding": (("'post'", "'pre'"), ("'x'", "None", "3")),
        "truncating": (("'post'", "'pre'"), ("'x'", "None", "[]")),
    }
    for name, (good, broken) in choices.items():
        if d.often(40):
            arguments[name] = d.mostly(good, broken, 80)
    return arguments


def check_padded(arguments, result):
    X, length = arguments["self"], arguments.get("length")
    length = X.lengths.max(initial=0) if length is None else length
    if result.shape != (len(X), length, X.n_features):
        raise Violation(f"to_padded has the shape {result.shape}")


def draw_indexed(d):
    X = d.sequences(100, ("ragged", "overlapping", "windows", "ward"))
    X = X if "kind='ragged'" not in X else f"SequenceArray.from_list({X})"
    keys = ("0", "-1", "slice(None)", "[0]", "[]", "np.array([True])", "slice(1, 0)")
    keys += (f"np.ones({d.n}, bool)", f"[True] * {d.n}", "np.array([0, 0])")
    return {"self": X, "key": d.any_of(keys)}


def check_indexed(arguments, result):
    X, key = arguments["self"], arguments["key"]
    chosen = np.arange(len(X))[
        np.asarray(key, int) if isinstance(key, list) and not key else key
    ]
    if np.ndim(chosen) == 0:
        if len(result) != X.lengths[chosen]:
            raise Violation("a sequence has another length")
    elif list(result.lengths) != list(X.lengths[chosen]):
        raise Violation("other sequences were chosen")


def draw_split(d):
    splits = ("2", "3", "1", "0", "nan", "10**9", "'a'", "None")
    contexts = ("0", "1", "5", "-1", "None", "1.5", "'a'", "10**12")
    sizes = ("None", "1", "3", "0", "-1", "'a'", "10**9")
    return {
        "X": d.table(95),
        "n_splits": d.mostly(splits[:2], splits),
        "context": d.mostly(contexts[:2], contexts),
        "max_train_size": d.mostly(sizes[:3], sizes),
        "test_size": d.mostly(sizes[:2], sizes),
        "gap": d.mostly(("0", "1"), ("-1", "None", "'a'", "10**9")),
    }


def check_split(arguments, result):
    for train, test in result:
        if len(np.intersect1d(train, test[arguments["context"] :])):
            raise Violation("rows are in both folds")
        if np.diff(test).tolist() != [1] * (len(test) - 1):
            raise Violation("a fold is not in one piece")


def draw_dataset(d):
    is_slow = d.number(1, 20) > 1
    return {"split": d.anything() if is_slow else d.any_of(SPLITS)}


SPLITS = ("'train'", "'test'", "None")


def check_dataset(arguments, result):
    X, y = result
    if len(X) != len(y) or not len(y):
        raise Violation(f"{len(X)} sequences and {len(y)} labels")


FUNCTIONS = {
    "make_windows": (draw_windows, check_windows),
    "bits_per_character": (draw_bits, check_bits),
    "concat_steps": (draw_steps, check_steps),
    "step_scorer": (draw_scoring, check_callable),
    "context_scorer": (draw_context_scoring, check_callable),
    "context_folds": (draw_split, check_split),
    "SequenceArray": (draw_container, check_container),
    "SequenceArray.from_array": (draw_from_array, check_sequences),
    "SequenceArray.from_list": (draw_from_list, check_sequences),
    "SequenceArray.from_frame": (draw_from_frame, check_sequences),
    "SequenceArray.to_padded": (draw_padded, check_padded),
    "SequenceArray.__getitem__": (draw_indexed, check_indexed),
}
DATASETS = ("load_italy_power_demand", "load_basic_motions", "load_japanese_vowels")
FUNCTIONS |= dict.fromkeys(DATASETS, (draw_dataset, check_dataset))
