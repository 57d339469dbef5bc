"""What estimators hold of scikit-learn: parameters and learned numbers."""

from __future__ import annotations

import re
from typing import Any

from sklearn import preprocessing
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.impute import KNNImputer, MissingIndicator, SimpleImputer
from sklearn.utils.metadata_routing import MetadataRequest

from skseq.persistence._forms import Form, Reader, Writer, expect

__all__ = ["REQUEST_FORM", "SKLEARN_FORM"]

CLASSES = {
    cls.__name__: cls
    for cls in (
        ColumnTransformer,
        KNNImputer,
        MissingIndicator,
        PCA,
        SimpleImputer,
        preprocessing.FunctionTransformer,  # of no function, which no form writes
        preprocessing.KBinsDiscretizer,
        preprocessing.LabelBinarizer,
        preprocessing.LabelEncoder,
        preprocessing.MaxAbsScaler,
        preprocessing.MinMaxScaler,
        preprocessing.OneHotEncoder,
        preprocessing.OrdinalEncoder,
        preprocessing.PowerTransformer,
        preprocessing.QuantileTransformer,
        preprocessing.RobustScaler,
        preprocessing.StandardScaler,
    )
}
LEARNED = re.compile(
    r"[a-z]\w*_|_scaler|_sklearn_output_config|_metadata_request"
    r"|_columns|_transformer_to_input_indices|_remainder"  # of a ColumnTransformer
    r"|_fit_dtype|_fill_dtype|_fit_X|_mask_fit_X|_valid_mask"  # of imputers
    r"|_n_features|_precomputed|_fit_svd_solver"  # of an indicator of holes, of a PCA
    r"|_infrequent_enabled|_drop_idx_after_grouping|_n_features_outs"  # of encoders
    r"|_missing_indices|_encoder"
)


def _write(writer: Writer, value: BaseEstimator, place: str) -> list:
    params = value.get_params(deep=False)
    learned = {name: v for name, v in vars(value).items() if name not in params}
    return [
        type(value).__name__,
        *(
            {name: writer.write(v, f"{place}.{name}") for name, v in part.items()}
            for part in (params, learned)
        ),
    ]


def _read(reader: Reader, part: Any) -> BaseEstimator:
    name, params, learned = expect(part, list)
    if name not in CLASSES:
        raise ValueError(f"there is no class {name!r:.80} of scikit-learn")
    params, learned = (
        {key: reader.read(node) for key, node in expect(found, dict).items()}
        for found in (params, learned)
    )
    value = CLASSES[name](**params)
    value._validate_params()
    for key, found in learned.items():
        if not LEARNED.fullmatch(key) or hasattr(value, key):
            raise ValueError(f"a {name} learns no {key!r:.80}")
        setattr(value, key, found)
    return value


SKLEARN_FORM = Form(
    "sklearn", lambda value: type(value) in CLASSES.values(), _write, _read
)


def _write_request(writer: Writer, value: MetadataRequest, place: str) -> dict:
    methods = {name: part for name, part in vars(value).items() if name != "owner"}
    return {name: part.requests for name, part in methods.items() if part.requests}


def _read_request(reader: Reader, part: Any) -> MetadataRequest:
    request = MetadataRequest(owner=None)
    for method, aliases in expect(part, dict).items():
        for name, alias in expect(aliases, dict).items():
            vars(request)[method].add_request(param=name, alias=alias)
    return request


REQUEST_FORM = Form(
    "request",
    lambda value: type(value) is MetadataRequest,
    _write_request,
    _read_request,
)
