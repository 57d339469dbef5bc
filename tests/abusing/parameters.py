"""Values of parameters, as expressions: small good ones, and broken ones."""

from __future__ import annotations

# Fits that last milliseconds, and agree with each other; drawn values replace them.
SMALL = {
    "n_filters": ("(4,)", "(4, 5)"),
    "n_branches": ("3", "1"),
    "kernel_size": ("2",),
    "hidden_size": ("3",),
    "max_epochs": ("1",),
    "random_state": ("0",),
    "pool_size": ("1",),
    "window_length": ("4",),
    "length": ("3",),
}
_ASKED = {"missing": ("'mask'", "'mask'", "'error'"), "time_gaps": ("False",)}
_TIMED = _ASKED | {"time_gaps": ("True", "False")}
INCOMPLETE = {  # what estimators need to be told of such sequences
    "holed": _ASKED | {"cell": ("'gru'", "'gru_d'")},
    "timed": _TIMED | {"cell": ("'lstm'", "'gru_d'")},
    "mixed": _ASKED | {"cell": ("'gru'", "'gru_d'")},
    "ward": _TIMED | {"cell": ("'lstm'", "'gru_d'")},
}
OF_FORECASTERS = {"n_filters": ("2",), "stride": ("2",)}
OF_DETECTORS = {
    "forecaster": ("RNNForecaster(window_length=3, max_epochs=1, hidden_size=2)",)
}
OF_GENERATORS = {"embedding_dim": ("2",), "window_length": ("6",)}

_POSITIVE = ("1", "2", "np.int64(3)")
_RATES = ("0.0", "0.3", "np.float32(0.5)", "0")
GOOD = {
    "attention": ("'dot'", "'general'", "'additive'", "None"),
    "batch_norm": ("True", "False"),
    "batch_size": ("1", "2", "5", "np.int32(4)", "10**9"),
    "bidirectional": ("True", "False"),
    "callbacks": ("[]", "None", "()", "[Callback()]", "[('a', Callback())]"),
    "cell": ("'rnn'", "'gru'", "'lstm'", "'peephole_lstm'", "'gru_d'", "GRULayer"),
    "categorical_features": (
        *("'from_dtype'", "None", "[0]", "['ward']", "[True, False]", "('c0', 'ward')"),
        *("[-1]", "[0, 1]"),
    ),
    "channels": ("'shared'", "'joint'"),
    "class_weight": ("None", "'balanced'", "{0: 1.0, 1: 2.0}", "{0: 0, 1: 1}", "{}"),
    "clip_norm": ("None", "1", "1e-9", "1e300"),
    "clip_value": ("None", "0.1", "1e300"),
    "conformal": ("True", "False"),
    "contamination": ("'auto'", "0.1", "0.5", "1e-9"),
    "cycle": ("None", "1", "3", "10**12"),
    "decoder": ("'segments'", "'direct'", "None", "'linear'"),
    "dense_size": ("()", "2", "(2, 3)", "np.int64(2)"),
    "device": ("'cpu'", "'auto'"),
    "drop_path": _RATES,
    "dropout": _RATES,
    "early_stopping": ("True", "False", "np.True_"),
    "embedding_dim": ("None", "1", "2"),
    "embedding_trainable": ("True", "False"),
    "embedding_weights": ("None", "np.ones((9, 2))", "[[1.0], [2.0]]"),
    "focal_gamma": ("0", "2.0", "0.5"),
    "forecaster": ("None", "RNNForecaster(window_length=3, max_epochs=1)"),
    "hidden_size": ("1", "4", "(2, 3)", "np.int64(2)"),
    "freeze": ("None", "None", "None", "'encoder'"),
    "freq": ("None",),
    "horizon": ("1", "3", "np.int64(2)"),
    "init_from": (
        *("None", "None", "None"),
        "RNNRegressor(max_epochs=1).fit(np.eye(3)[..., None], [1, 2, 3])",
    ),
    "initial_state": ("'zeros'", "'learned'"),
    "kernel_size": ("1", "2", "3", "5", "(3, 1)"),
    "known_future": (
        *("()", "(1,)", "[-1]", "('c1',)", "(0, 1)", "('ward',)"),
        "('ward', 'awake', 'grade')",
    ),
    "l1": ("0.0", "0.1", "1e300"),
    "l2": ("0.0", "1", "1e300"),
    "label_smoothing": ("0.0", "0.1", "0"),
    "lag": ("0", "1", "100"),
    "length": ("1", "4", "50", "None"),
    "level": ("'char'", "'word'", "'step'", "'static'"),
    "linear_skip": ("True", "False"),
    "loss": (
        *("'mse'", "'quantile'", "'gaussian'", "'mae'", "'squared_error'", "'poisson'"),
        *(
            "'log_loss'",
            "'focal'",
            "'focal'",
            "'huber'",
            "'tweedie'",
            "nn.SmoothL1Loss",
        ),
    ),
    "lowercase": ("True", "False"),
    "lr": ("0.01", "1", "1e-300", "1e30", "np.float32(0.1)"),
    "lr_schedule": ("None", "'plateau'", "'cosine'", "'onecycle'"),
    "mark_ends": ("True", "False"),
    "max_epochs": ("1", "2", "np.int64(2)"),
    "max_seconds": ("None", "10**6", "1e300", "1e-9"),
    "memory": ("None", "'auto'", "2", "20", "10**12"),
    "min_count": ("1", "2", "1000"),
    "mixed_precision": ("True", "False"),
    "missing": ("'error'", "'mask'"),
    "missing_label": ("None", "-1", "0", "'a'", "nan"),
    "n_branches": _POSITIVE,
    "n_channels": ("1", "2", "4", "10**12"),
    "n_filters": ("(4,)", "(4, 5)", "(2,)", "3"),
    "n_networks": _POSITIVE,
    "n_threads": ("None", "1", "2"),
    "nonlinearity": ("'tanh'", "'relu'"),
    "normalize": ("None", "'feature'", "'sequence'", "'both'", "'last'", "'window'"),
    "num_layers": ("1", "2"),
    "optimizer": ("'adam'", "'sgd'", "'rmsprop'", "torch.optim.AdamW", "'adagrad'"),
    "padding": ("'same'", "'valid'", "'causal'", "'post'", "'pre'"),
    "patience": ("1", "3", "10**12"),
    "per": ("'feature'", "'sequence'"),
    "pool_size": ("1", "2", "9", "(1, 2)"),
    "pooling": ("'last'", "'mean'", "'max'", "'concat'", "'attention'"),
    "quantiles": ("(0.1, 0.5, 0.9)", "(0.5,)", "[0.2, 0.8]"),
    "random_state": ("None", "7", "np.random.RandomState(1)", "np.int64(2**31)"),
    "recurrent_dropout": _RATES,
    "remainder": ("'drop'", "'passthrough'"),
    "residual": ("True", "False"),
    "scaler": ("None", "MinMaxScaler()", "QuantileTransformer(n_quantiles=3)"),
    "seasonality": ("None", "'auto'", "1", "3", "10**12"),
    "shrink_to_linear": ("True", "False"),
    "shrink_to_naive": ("True", "False"),
    "skip": ("True", "False"),
    "smoothing": ("1", "2", "10**6"),
    "static": ("()", "(1,)", "('c0',)"),
    "stride": ("None", "1", "2", "7"),
    "teacher_forcing": ("0.0", "1.0", "(1.0, 0.0)", "0.5"),
    "time_gaps": ("True", "False", "np.True_"),
    "token_pattern": ("None", r"r'\w'", "'(a)|b'", "''"),
    "transformer": ("None", "'log1p'", "'box-cox'", "StandardScaler()"),
    "transformers": (
        *("[('a', StandardScaler(), [0])]", "[('a', SimpleImputer(), ['c0'])]"),
        *("()", "[('a', OneHotEncoder(), ['ward']), ('b', 'passthrough', ['c0'])]"),
        "[('a', MinMaxScaler(), slice(1)), ('a', 'drop', [0])]",
        "[('a', StandardScaler(), make_column_selector(dtype_include='number'))]",
    ),
    "truncating": ("'post'", "'pre'"),
    "validation_fraction": ("0.1", "0.5", "0.999", "1e-9"),
    "value": ("0.0", "-1", "nan", "inf", "np.float32(2)"),
    "verbose": ("0",),
    "verbose_feature_names_out": ("True", "False"),
    "tweedie_power": ("1.5", "1.01"),
    "vocabulary_size": ("None", "5", "6", "10**12"),
    "warm_start": ("True", "False"),
    "window_length": ("1", "2", "5", "np.int64(3)", "10**6"),
}
BROKEN = (
    *("None", "-1", "0", "1.5", "nan", "inf", "-inf", "'x'", "''", "[]", "()", "{}"),
    *("object()", "len", "True", "'3'", "np.array(2)", "np.array([1, 2])", "(0,)"),
    *("(1, 'a')", "(nan,)", "[None]", "torch.tensor(1)", "b'adam'", "1j", "-0.0"),
    *("(-1, 2)", "float", "nn.Linear", "Callback", "[len]", "2.0", "('a', 'b', 'c')"),
    *("np.float64(1)", "np.nan", "pd.NA", "{'a': 1}", "{0: nan}", "{0: 'x'}", "set()"),
)
# Python's integers know no bound; what they size would fill the memory.
HUGE = ("10**30", "2**63", "-(10**30)", "1e308")
SIZES = {
    *("hidden_size", "num_layers", "n_filters", "kernel_size", "n_branches"),
    *("dense_size", "embedding_dim", "max_epochs", "length", "n_threads"),
    "n_networks",
}
