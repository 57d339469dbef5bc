#!/usr/bin/env bash
# sktime's GRUClassifier recurs over the samples of a batch instead of over time.
#
# Its network takes batches of (samples, channels, steps), turns them, and hands them to a
# torch GRU that believes the first axis to be time. So every step but the last can be
# set to zero without changing a single probability, and a sample's probabilities depend
# on which others are asked with it. It fits, predicts and passes the library's own
# checks, so that only the two comparisons below tell.
# Seen with sktime 1.2.0 (its issue 9108, open), torch 2.13.0.
# In skseq: tests/test_common.py asks every estimator that early steps matter and that
# batch-mates do not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0
"$folder/venv/bin/pip" install --quiet sktime==1.2.0 numpy==2.4.6 pandas==3.0.6 \
    scikit-learn==1.9.1
"$folder/venv/bin/python" -W ignore - > "$folder/seen" <<'PYTHON'
import numpy as np
import torch
from sktime.classification.deep_learning import GRUClassifier

X = np.random.default_rng(0).normal(size=(40, 1, 12))  # samples, channels, steps
y = (X[:, 0, :6].sum(axis=1) > 0).astype(int)  # decided by the first six steps
torch.manual_seed(0)
model = GRUClassifier(hidden_dim=8, n_layers=1, num_epochs=2, batch_size=8).fit(X, y)
together = model.predict_proba(X)
only_last = X.copy()
only_last[:, :, :-1] = 0
print("eleven of twelve steps matter:", np.any(model.predict_proba(only_last) != together))
alone = np.concatenate([model.predict_proba(X[[i]]) for i in range(8)])
print("batch-mates matter:", not np.allclose(alone, together[:8], atol=1e-4))
PYTHON
diff "$folder/seen" - <<'EXPECTED'
eleven of twelve steps matter: False
batch-mates matter: True
EXPECTED
