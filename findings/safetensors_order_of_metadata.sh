#!/usr/bin/env bash
# safetensors writes the same contents as other bytes each time.
#
# The header's `__metadata__` is a map without an order: one array with eight entries of
# metadata, saved twenty times by one process, makes more than one file. So a checksum of
# a file says nothing about whether the model is another one. With a single entry all
# twenty are the same.
# Seen with safetensors 0.8.0.
# In skseq: the header is written anew in order; tests/persistence/test_pickles.py.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet safetensors==0.8.0 numpy==2.4.6
"$folder/venv/bin/python" - > "$folder/seen" <<'PYTHON'
import numpy as np
from safetensors.numpy import save

for n_entries in (8, 1):
    metadata = {f"entry {i}": "text" for i in range(n_entries)}
    files = {save({"array": np.zeros(3)}, metadata) for _ in range(20)}
    print(f"{n_entries} entries of metadata: one file {len(files) == 1}")
PYTHON
diff "$folder/seen" - <<'EXPECTED'
8 entries of metadata: one file False
1 entries of metadata: one file True
EXPECTED
