"""
Save and export
===============

Keep a fitted network in a file that anyone can open, and export it to other programs.

Nine speakers say a vowel, and a bidirectional network tells who it was, from sequences
of 7 to 29 steps (Kudo et al., JapaneseVowels). It is pickled, saved as weights and
JSON, which a stranger can open without risk, and exported to ONNX, which runs without
Python. All three say the same. Then one bit of the file is changed::

    pip install 'skseq[files,onnx]'
    python examples/save_and_export.py
"""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
from matplotlib import pyplot as plt

from skseq import RNNClassifier, SequenceArray
from skseq.datasets import load_japanese_vowels
from skseq.persistence import export_onnx, load, save


def main() -> None:
    """Print sizes, scores and differences, and what becomes of a damaged file."""
    X, y = load_japanese_vowels(split="train")
    X_test, y_test = load_japanese_vowels(split="test")
    model = RNNClassifier(bidirectional=True, max_epochs=30, random_state=0).fit(X, y)
    probabilities = model.predict_proba(X_test)

    with tempfile.TemporaryDirectory() as folder:
        pickled, saved, exported = (
            Path(folder) / name for name in ("model.pkl", "model.safetensors", "m.onnx")
        )
        pickled.write_bytes(pickle.dumps(model))
        save(model, saved)
        export_onnx(model, exported)

        sequences = SequenceArray.from_list(list(X_test))
        inputs = {
            "X": sequences.to_padded().astype(np.float32),
            "lengths": sequences.lengths,
        }
        session = onnxruntime.InferenceSession(exported)
        answers = {
            pickled: pickle.loads(pickled.read_bytes()).predict_proba(X_test),
            saved: load(saved).predict_proba(X_test),
            exported: session.run(None, inputs)[0],
        }
        print(f"{len(X_test)} sequences of {len(model.classes_)} speakers:\n")
        sizes = {}
        print("| file | kB | accuracy | largest difference |")
        print("|---|---|---|---|")
        for path, found in answers.items():
            accuracy = np.mean(model.classes_[found.argmax(axis=1)] == y_test)
            difference = np.abs(found - probabilities).max()
            sizes[path.suffix] = size = path.stat().st_size / 1000
            print(f"| {path.name} | {size:.0f} | {accuracy:.3f} | {difference:.0e} |")

        data = bytearray(saved.read_bytes())
        data[-1] ^= 1
        saved.write_bytes(data)
        try:
            load(saved)
        except ValueError as error:
            print("\nOne bit changed:", str(error).split(": ", 1)[1])

    _, ax = plt.subplots(figsize=(7, 2.2), layout="constrained")
    ax.bar_label(ax.barh(list(sizes), list(sizes.values())), fmt="%.0f kB")
    ax.set(title="One network in three files", xlabel="kB")
    ax.margins(x=0.12)
    plt.show()


if __name__ == "__main__":
    main()
