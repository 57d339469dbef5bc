#!/usr/bin/env bash
# torch.set_flush_denormal speaks of the thread that calls it, and of threads begun later.
#
# A product of two numbers that is too small to be a normal float is zero once denormal
# numbers are flushed. With two threads, each of which computes half of a tensor, and a
# pool that began before, half of equal products is zero and half is 1e-40: the same
# elements differ by their place. Called before the first parallel operation, all are
# zero, as threads inherit the setting of the one that begins them; and when it is taken
# back then, the second half stays zero. It returns True each time.
# Seen with torch 2.13.0 on Linux, x86-64 with SSE3.
# In skseq: compiled recurrent layers flush within their own call, on the thread that
# computes, and give the thread's setting back, tests/networks/test_compiled.py.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
for first in operation setting; do
    "$folder/venv/bin/python" - "$first"  <<'PYTHON'
import sys

import torch

torch.set_num_threads(2)


def zeros():
    products = torch.full((1_000_000,), 1e-30) * 1e-10
    return [bool(half.eq(0).all()) for half in products.split(500_000)]


print("first the", sys.argv[1])
if sys.argv[1] == "operation":
    print("before:", zeros())
print(torch.set_flush_denormal(True), zeros())
print(torch.set_flush_denormal(False), zeros())
PYTHON
done > "$folder/seen"
diff "$folder/seen" - <<'EXPECTED'
first the operation
before: [False, False]
True [True, False]
True [False, False]
first the setting
True [True, True]
True [False, True]
EXPECTED
