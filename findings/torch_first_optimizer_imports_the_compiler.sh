#!/usr/bin/env bash
# The first optimiser of a process has torch import its compiler, and a package of algebra.
#
# import torch is quick beside it: torch.optim.SGD(...) on one number, the first optimiser
# that is made, imports torch._dynamo with sympy and mpmath, some 800 modules, for a second
# or two, though nobody compiles anything. It also adds a filter to warnings.filters, which
# stays. A program that only opens a trained model and predicts pays for it, too, if the
# library that opens it makes an optimiser along with the network, as skorch's initialize
# does.
# Seen with torch 2.13.0 on Python 3.11; the second optimiser imports nothing.
# In skseq: what opens a model makes no optimiser, tests/persistence/test_pickles.py; the
# first fit of a process waits, docs/guide_speed.md.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$folder/venv/bin/python" - > "$folder/seen" <<'PYTHON'
import sys
import warnings

import torch

for _ in range(2):
    modules, filters = set(sys.modules), list(warnings.filters)
    torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    new = set(sys.modules) - modules
    print("500 modules and more:", len(new) >= 500)
    print({name.split(".")[0] for name in new} >= {"sympy", "mpmath"}, "torch._dynamo" in new)
    print("new filters:", [str(f[2].__name__) for f in warnings.filters if f not in filters])
PYTHON
diff "$folder/seen" - <<'EXPECTED'
500 modules and more: True
True True
new filters: ['SymPyDeprecationWarning']
500 modules and more: False
False False
new filters: []
EXPECTED
