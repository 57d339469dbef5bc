#!/usr/bin/env bash
# The name of a pandas offset reads back as another one.
#
# `freqstr` is what an index prints and what one would write into a file. For offsets with
# a calendar of their own (opening hours, holidays) it is the name of the plain kind, and
# `to_offset` makes that of it without a word: opening hours of 8 to 18 become 9 to 17,
# and the holidays are working days. One given a weekmask as a list cannot be hashed at
# all, so it is no key of a dict or cache.
# Seen with pandas 3.0.6.
# In skseq: files write such offsets by their parts; tests/persistence/test_files.py.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pandas==3.0.6 numpy==2.4.6
"$folder/venv/bin/python" - > "$folder/seen" <<'PYTHON'
import pandas as pd
from pandas.tseries.frequencies import to_offset

holiday = pd.Timestamp("2024-12-25")
start = pd.Timestamp("2024-12-24 16:30")
for offset in (
    pd.offsets.BusinessHour(start="08:00", end="18:00"),
    pd.offsets.CustomBusinessDay(holidays=[holiday]),
    pd.offsets.CustomBusinessMonthEnd(holidays=[pd.Timestamp("2024-12-31")]),
):
    again = to_offset(offset.freqstr)
    print(f"{offset.freqstr}: {start + offset} is read back as {start + again}")
try:
    hash(pd.offsets.CustomBusinessDay(weekmask=[1, 1, 1, 1, 1, 1, 0]))
except TypeError as error:
    print(error)
PYTHON
diff "$folder/seen" - <<'EXPECTED'
bh: 2024-12-24 17:30:00 is read back as 2024-12-25 09:30:00
C: 2024-12-26 16:30:00 is read back as 2024-12-25 16:30:00
CBME: 2024-12-30 16:30:00 is read back as 2024-12-31 16:30:00
unhashable type: 'list'
EXPECTED
