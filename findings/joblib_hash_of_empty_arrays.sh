#!/usr/bin/env bash
# joblib.hash of an object changes when it is pickled, if it holds an empty array.
#
# A fresh empty array has strides of 0, an unpickled one those of its shape; both are
# equal in shape, type and contents, and the hash includes the strides. So whatever holds
# an empty array (no categories, no names, no support vectors) is another key for
# joblib.Memory after one way through a file or a worker.
# Seen with joblib 1.6.0 and NumPy 2.4.6.
# In skseq: hashes of fitted estimators survive pickling; tests/persistence/test_pickles.py.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6 joblib==1.6.0
"$folder/venv/bin/python" - > "$folder/seen" <<'PYTHON'
import pickle

import joblib
import numpy as np

for shape in ((3,), (0,), (0, 3)):
    fresh = np.zeros(shape)
    again = pickle.loads(pickle.dumps(fresh))
    same = joblib.hash(fresh) == joblib.hash(again)
    print(f"{shape}: strides {fresh.strides} and {again.strides}, hashes equal {same}")
PYTHON
diff "$folder/seen" - <<'EXPECTED'
(3,): strides (8,) and (8,), hashes equal True
(0,): strides (0,) and (8,), hashes equal False
(0, 3): strides (0, 0) and (24, 8), hashes equal False
EXPECTED
