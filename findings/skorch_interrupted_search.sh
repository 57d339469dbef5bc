#!/usr/bin/env bash
# One Ctrl-C does not end a cross-validation of skorch nets, and its score counts.
#
# skorch's fit takes KeyboardInterrupt for the wish to stop this training and returns as
# if it had ended. Within cross_val_score that is one training of many: all others run on,
# and the score of the one that was cut off after its first epoch stands among the
# results, with nothing that tells it apart. The same holds for GridSearchCV, which may refit
# and return a winner chosen among such scores.
# Seen with skorch 1.4.0, scikit-learn 1.9.1, torch 2.13.0.
# In skseq: a fit that a search calls raises KeyboardInterrupt again, one that the user
# calls keeps what it learned; tests/test_interrupts.py.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0
"$folder/venv/bin/pip" install --quiet skorch==1.4.0 scikit-learn==1.9.1 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - > "$folder/seen" <<'PYTHON'
import signal

import numpy as np
import torch
from sklearn.model_selection import cross_val_score
from skorch import NeuralNetRegressor
from skorch.callbacks import Callback

signal.signal(signal.SIGINT, signal.default_int_handler)
epochs = []


class Watch(Callback):
    """Counts the epochs of each fit, and presses Ctrl-C once, in the second one."""

    def on_train_begin(self, net, **kwargs):
        epochs.append(0)

    def on_epoch_end(self, net, **kwargs):
        epochs[-1] += 1
        if len(epochs) == 2:
            signal.raise_signal(signal.SIGINT)


net = NeuralNetRegressor(
    torch.nn.Linear, module__in_features=3, module__out_features=1, max_epochs=4,
    train_split=None, callbacks=[Watch], verbose=0,
)
rng = np.random.default_rng(0)
X, y = (rng.normal(size=(50, n)).astype(np.float32) for n in (3, 1))
scores = cross_val_score(net, X, y, cv=5)
print("epochs of the fits:", epochs)
print("finite scores:", int(np.isfinite(scores).sum()))
PYTHON
diff "$folder/seen" - <<'EXPECTED'
epochs of the fits: [4, 1, 4, 4, 4]
finite scores: 5
EXPECTED
