#!/usr/bin/env bash
# mypy lets a dataclass take any keyword if one of its bases comes from a package
# without types.
#
# The constructor that mypy makes of the fields gets `*args` and `**kwargs`, too, since
# the base that it knows nothing of might take them. So a keyword that is misspelt passes,
# while the types of those that are known are checked. A constructor that is written out
# is taken at its word. (Most estimators have such a base: scikit-learn has no types.)
# Seen with mypy 2.4.1.
# In skseq: the base classes of scikit-learn have types of our own; tests/test_parameters.py
# asks mypy for a slip in every parameter.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet mypy==2.4.1
mkdir "$folder/code"
cat > "$folder/code/program.py" <<'PYTHON'
from dataclasses import dataclass

from untyped import Base  # type: ignore


@dataclass
class Alone:
    width: int = 1


@dataclass
class Derived(Base):
    width: int = 1


class Written(Base):
    def __init__(self, width: int = 1) -> None:
        self.width = width


Alone(widht=2)
Derived(widht=2)
Derived(width="2")
Written(widht=2)
PYTHON
(cd "$folder/code" && "$folder/venv/bin/mypy" program.py || true) |
    sed -n 's/^program.py:\([0-9]*\): error: .*\[\(.*\)\]$/line \1: \2/p' > "$folder/seen"
diff "$folder/seen" - <<'EXPECTED'
line 21: call-arg
line 23: arg-type
line 24: call-arg
EXPECTED
