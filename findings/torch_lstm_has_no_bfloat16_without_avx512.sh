#!/usr/bin/env bash
# Under autocast on a CPU, what a recurrent layer computes in depends on cell and processor.
#
# torch.autocast("cpu", torch.bfloat16) leaves a GRU in float32, runs a simple RNN in
# bfloat16, and hands an LSTM to oneDNN in bfloat16. Where the processor has no AVX-512
# there is no such kernel, and nothing falls back: the call ends with a RuntimeError about
# a primitive descriptor, in training and in inference. So a script with an LSTM that
# trains in mixed precision on one machine stops on the next; linear layers and
# convolutions, and an LSTM outside of autocast, run on both.
# Seen with torch 2.13.0 on an AMD EPYC without AVX-512, and here on any x86 processor by
# ONEDNN_MAX_CPU_ISA=AVX2, which makes oneDNN use what such a processor has.
# In skseq: recurrent layers compute in float32 on a CPU whatever autocast says, and a
# layer that fails makes a fit warn and go on in float32; tests/networks/test_cells.py,
# tests/test_mixed_precision.py.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
ONEDNN_MAX_CPU_ISA=AVX2 "$folder/venv/bin/python" -W ignore - > "$folder/seen" <<'PYTHON'
import torch

x = torch.randn(2, 5, 3)
for name in ("RNN", "GRU", "LSTM", "Linear"):
    layer = getattr(torch.nn, name)(3, 4)
    layer(x)
    with torch.autocast("cpu", torch.bfloat16):
        try:
            outputs = layer(x)
        except RuntimeError as error:
            print(name, "RuntimeError", "primitive descriptor" in str(error))
            continue
    print(name, (outputs[0] if isinstance(outputs, tuple) else outputs).dtype)
PYTHON
diff "$folder/seen" - <<'EXPECTED'
RNN torch.bfloat16
GRU torch.float32
LSTM RuntimeError True
Linear torch.bfloat16
EXPECTED
