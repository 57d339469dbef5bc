#!/usr/bin/env bash
# On Intel processors with AMX, convolutions of a few channels are wrong in bfloat16.
#
# torch.nn.functional.conv1d of bfloat16 tensors (autocast on a CPU comes to it, too)
# gives values as far from the right ones as those are from zero, without a word, where
# the input has an even number of channels below 16 and channels times kernel width is a
# multiple of 32 from 64 on (up to 256, what was asked): 2 channels with kernels of 32 and
# 48, 4 with 16, 24, 32 and 40, 8 with 8 and 12, 10 and 14 with 16, and more. Odd numbers
# of channels and 16, other products, kernels of stride 2 or dilated, float16 and float32
# are right, and so is a result of one or two places. Size of the batch, output channels,
# gradients asked for or not play no part. Reports on strides of 3 and on 3-D convolutions
# (pytorch issues 169688 and 163347) name other shapes. With
# ONEDNN_MAX_CPU_ISA=AVX512_CORE_BF16 all are right.
# Seen with torch 2.13.0 on an Intel Xeon with amx_bf16; on a processor without it the
# program says so and checks nothing.
# In skseq: a fit with mixed_precision=True compares each layer in both precisions on its
# first batch, and goes on in float32 with a warning; tests/test_mixed_precision.py.
set -euo pipefail
if ! grep -qw amx_bf16 /proc/cpuinfo; then
    echo "This processor has no amx_bf16: nothing to see here."
    exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cat > "$folder/program.py" <<'PYTHON'
import torch
from torch.nn.functional import conv1d


def is_wrong(n_channels, width, dtype=torch.bfloat16, **options):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(8, n_channels, 100, generator=generator).to(dtype)
    kernel = torch.randn(16, n_channels, width, generator=generator).to(dtype)
    right = conv1d(x.double(), kernel.double(), **options)
    error = conv1d(x, kernel, **options).double() - right
    return bool(error.norm() > 0.5 * right.norm())


sizes = [(c, k) for c in range(1, 17) for k in range(1, 65) if c * k <= 256]
wrong = {size for size in sizes if is_wrong(*size)}
rule = {(c, k) for c, k in sizes if c % 2 == 0 and c < 16 and c * k % 32 == 0 < c * k - 32}
print(len(sizes), len(wrong), wrong == rule)
options = {"stride": {"stride": 2}, "dilation": {"dilation": 2}}
for name, option in options.items():
    print(name, is_wrong(4, 16, **option))
print("float16", is_wrong(4, 16, torch.float16))
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/program.py" > "$folder/seen"
ONEDNN_MAX_CPU_ISA=AVX512_CORE_BF16 "$folder/venv/bin/python" -W ignore \
    "$folder/program.py" >> "$folder/seen"
diff "$folder/seen" - <<'EXPECTED'
584 23 True
stride False
dilation False
float16 False
584 0 False
stride False
dilation False
float16 False
EXPECTED
