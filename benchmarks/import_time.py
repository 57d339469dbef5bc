"""What `import skseq` adds to importing torch and scikit-learn.

    python benchmarks/import_time.py [--repeats 9]

Fresh processes in turn; prints the medians of the seconds inside the interpreter.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys

SETS = {
    "torch, sklearn": "import torch, sklearn",
    "torch, sklearn with model_selection": "import torch, sklearn.model_selection",
}
CODE = """
import time
{first}
start = time.perf_counter()
import skseq
print(time.perf_counter() - start)
"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    options = parser.parse_args()
    added = {name: [] for name in SETS}
    for _ in range(options.repeats):
        for name, first in SETS.items():
            command = [sys.executable, "-c", CODE.format(first=first)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            added[name].append(float(done.stdout))
    print("| after importing | import skseq adds, s |")
    print("|---|---|")
    for name, seconds in added.items():
        print(f"| {name} | {statistics.median(seconds):.2f} |")


if __name__ == "__main__":
    main()
