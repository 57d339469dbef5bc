#!/usr/bin/env bash
# Gradients of a convolution take far longer for one channels-last sample than for two.
#
# torch.nn.functional.conv2d on a CPU, in float32, on (B, C, 1, T) in channels-last memory:
# forwards a batch of one takes about half the time of a batch of two. Back it takes many
# times that of two, the more the longer the sample is: at 16 channels, a kernel of 40 and
# 12 500 steps some 20 to 70 times. The same sample with its channels one by one, which
# x.contiguous() makes of it, has no such step. A fit whose last batch holds one sequence,
# or which reads a long one by itself, waits for it without a hint.
# Seen with torch 2.13.0 on an AMD EPYC without AVX-512; here three ways are compared, and
# "many" is five times and more.
# In skseq: convolutions compute on channels-last memory, but for gradients of one sample;
# tests/networks/test_convolution.py.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - > "$folder/seen" <<'PYTHON'
import statistics
import time

import torch

N_CHANNELS, WIDTH, N_STEPS = 16, 40, 6000
weight = torch.randn(N_CHANNELS, N_CHANNELS, 1, WIDTH)


def seconds(n_samples, memory_format):
    """Median of three ways back, of the processor."""
    found = []
    for _ in range(3):
        x = torch.randn(n_samples, N_CHANNELS, 1, N_STEPS)
        x = x.contiguous(memory_format=memory_format).requires_grad_()
        kernel = weight.contiguous(memory_format=memory_format).requires_grad_()
        y = torch.nn.functional.conv2d(x, kernel)
        begin = time.process_time()
        y.sum().backward()
        found.append(time.process_time() - begin)
    return statistics.median(found)


two = seconds(2, torch.channels_last)
print("one, channels last:", "many times" if seconds(1, torch.channels_last) > 5 * two else "as", "two")
print("one, channels one by one:", "many times" if seconds(1, torch.contiguous_format) > 5 * two else "as", "two")
PYTHON
diff "$folder/seen" - <<'EXPECTED'
one, channels last: many times two
one, channels one by one: as two
EXPECTED
