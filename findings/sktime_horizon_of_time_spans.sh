#!/usr/bin/env bash
# A ForecastingHorizon of time spans has dates, but no positions.
#
# Relative horizons may be timedeltas: a forecaster takes them, and
# `to_absolute_index` gives their dates. `to_indexer`, which says how many steps ahead they
# are and which many forecasters call, raises NotImplementedError for the same horizon and cutoff.
# Seen with sktime 1.2.0, pandas 3.0.6.
# In skseq: SktimeForecaster asks for the dates; tests/test_sktime_forecasting.py.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet sktime==1.2.0 pandas==3.0.6 numpy==2.4.6 \
    scikit-learn==1.9.1
"$folder/venv/bin/python" -W ignore - > "$folder/seen" <<'PYTHON'
import pandas as pd
from sktime.forecasting.base import ForecastingHorizon
from sktime.forecasting.naive import NaiveForecaster

y = pd.Series(range(5), pd.date_range("2024-01-01", periods=5, freq="D"), dtype=float)
spans = pd.to_timedelta([1, 3], unit="D")
print(list(NaiveForecaster().fit(y).predict(fh=spans).index.astype(str)))
horizon = ForecastingHorizon(spans, is_relative=True)
cutoff = y.index[-1:]
print(list(horizon.to_absolute_index(cutoff).astype(str)))
try:
    print(horizon.to_indexer(cutoff))
except NotImplementedError:
    print("to_indexer: NotImplementedError")
PYTHON
diff "$folder/seen" - <<'EXPECTED'
['2024-01-06', '2024-01-08']
['2024-01-06', '2024-01-08']
to_indexer: NotImplementedError
EXPECTED
