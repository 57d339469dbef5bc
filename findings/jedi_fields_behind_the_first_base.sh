#!/usr/bin/env bash
# jedi completes the fields of the first base class of a dataclass-like class alone.
#
# Classes derived from one with `typing.dataclass_transform` have a constructor of the
# fields of all their bases. jedi lists bases depth first, once each, and begins to
# collect where it meets the class with the decorator: what is derived from it by way of a
# second base stands before that, and is left out. With one chain of bases nothing is
# missing, and asking a running interpreter, as notebooks do, finds all of them.
# Seen with jedi 0.20.1.
# In skseq: the constructor has an explicit signature, which notebooks and `help` show;
# tests/test_parameters.py. Editors that ask jedi without running anything show a part.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet jedi==0.20.1
"$folder/venv/bin/python" - > "$folder/seen" <<'PYTHON'
import jedi

SOURCE = """
from typing import dataclass_transform

@dataclass_transform(kw_only_default=True)
class Record: ...

class Size(Record):
    width: int = 1

class Colour(Record):
    shade: str = "red"

class ColouredSize(Size):
    tint: str = "red"

class Box(Size, Colour): ...

class Chain(ColouredSize): ...

"""


def fields(call):
    script = jedi.Script(SOURCE + call)
    found = script.complete(len(SOURCE.splitlines()) + 1, len(call))
    return sorted(name.name for name in found if name.name.endswith("="))


print("two bases:", *fields("Box("))
print("one chain:", *fields("Chain("))
PYTHON
diff "$folder/seen" - <<'EXPECTED'
two bases: width=
one chain: tint= width=
EXPECTED
