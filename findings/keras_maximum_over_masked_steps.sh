#!/usr/bin/env bash
# Keras' GlobalMaxPooling1D takes masked steps into the maximum.
#
# Behind a Masking layer, GlobalAveragePooling1D and LSTM leave masked steps out;
# GlobalMaxPooling1D, beside the one in every list of layers, does not, and says nothing:
# a sequence of negative values padded with zeros has the maximum 0.
# Seen with Keras 3.15.1 on torch 2.13.0.
# In skseq: pooling="max" is over the real steps; docs/coming_from.md says how they differ.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0
"$folder/venv/bin/pip" install --quiet keras==3.15.1 numpy==2.4.6
KERAS_BACKEND=torch "$folder/venv/bin/python" -W ignore - > "$folder/seen" <<'PYTHON'
import keras
import numpy as np

x = np.array([[[-3.0], [-1.0], [0.0], [0.0]]], dtype=np.float32)  # two steps, two of padding
masked = keras.layers.Masking(0.0)(x)
for layer in (keras.layers.GlobalAveragePooling1D(), keras.layers.GlobalMaxPooling1D()):
    print(type(layer).__name__, float(layer(masked)[0, 0]))
PYTHON
diff "$folder/seen" - <<'EXPECTED'
GlobalAveragePooling1D -2.0
GlobalMaxPooling1D 0.0
EXPECTED
