#!/usr/bin/env bash
# pandas.infer_freq names a frequency that the index does not have.
#
# Thirty last Fridays of the month are called "WOM-4FRI", the fourth Friday, although a
# third of the months has five: 10 of the 30 dates are not on that frequency. Eight year
# ends of a calendar of 52 or 53 weeks, a year apart, get the same monthly name, by
# which eight dates take eight months. Nothing is raised, so whoever goes on with it
# gives forecasts dates that the data will never have.
# Seen with pandas 3.0.6.
# In skseq: an inferred frequency counts only if it makes the whole index again.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pandas==3.0.6 numpy==2.4.6
"$folder/venv/bin/python" - > "$folder/seen" <<'PYTHON'
import pandas as pd

for offset, n in (
    (pd.offsets.LastWeekOfMonth(weekday=4), 30),
    (pd.offsets.FY5253(weekday=4, startingMonth=1, variation="last"), 8),
):
    index = pd.date_range("2022-01-01", periods=n, freq=offset)
    index = pd.DatetimeIndex(index.to_numpy())  # as read from a file: without freq
    name = pd.infer_freq(index)
    again = pd.date_range(index[0], periods=n, freq=name)
    print(f"{offset.freqstr} {name}: {(index != again).sum()} of {n} differ")
PYTHON
diff "$folder/seen" - <<'EXPECTED'
LWOM-FRI WOM-4FRI: 10 of 30 differ
RE-L-JAN-FRI WOM-4FRI: 7 of 8 differ
EXPECTED
