"""The estimators of this package as estimators of sktime."""

from skseq.sktime._classification import SktimeClassifier
from skseq.sktime._forecasting import SktimeForecaster
from skseq.sktime._regression import SktimeRegressor

__all__ = ["SktimeClassifier", "SktimeForecaster", "SktimeRegressor"]
