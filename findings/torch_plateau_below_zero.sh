#!/usr/bin/env bash
# torch.optim.lr_scheduler.ReduceLROnPlateau never finds a plateau below zero.
#
# With its default arguments a loss that stays at -1.49 for fifty epochs leaves the rate
# alone, while one that stays at +1.49 brings it down by eight orders. The threshold is
# relative and multiplies the best loss by (1 - 1e-4): of a positive loss that asks for
# a little less, of a negative one for a little MORE, so that the same loss again counts
# as an improvement. Every negative log-likelihood with a density above one gets there.
# Seen with torch 2.13.0.
# In skseq: lr_schedule="plateau" sets threshold=0; tests/test_training.py. (skorch 1.4.0's
# EarlyStopping multiplies likewise, so that a constant negative loss never ends a fit.)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$folder/venv/bin/python" - > "$folder/seen" <<'PYTHON'
import torch

for threshold in (1e-4, 0):
    for loss in (1.49, -1.49):
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer, patience=5, threshold=threshold
        )
        for _ in range(50):
            schedule.step(loss)
        (group,) = optimizer.param_groups
        print(f"threshold {threshold}, loss {loss}: rate {group['lr']:.0e}")
PYTHON
diff "$folder/seen" - <<'EXPECTED'
threshold 0.0001, loss 1.49: rate 1e-08
threshold 0.0001, loss -1.49: rate 1e+00
threshold 0, loss 1.49: rate 1e-08
threshold 0, loss -1.49: rate 1e-08
EXPECTED
