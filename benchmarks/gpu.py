"""What a GPU is asked for, all in one program of a few minutes.

    python benchmarks/gpu.py [--device cuda] [--quick]

Every kind of estimator fits and answers there as on a CPU, to 1e-4; its file answers so
in a process that sees no GPU. Mixed precision (bfloat16) answers as float32, to 1e-2.
Fits and predictions are timed beside a bare loop whose data are on the device. A fit by
``accelerate launch`` is that without. It ends with 1 if anything failed; without a GPU
it says so and ends with 0. ``--device cpu --quick`` tries the program itself.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from skseq import CNNClassifier, RNNClassifier, RNNRegressor
from skseq.persistence import load, save

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from results import FITS, answers, fitted

SAME, MIXED, SLOWER = 1e-4, 1e-2, 1.1
MODELS = {
    "CNN": CNNClassifier(normalize="feature"),
    "GRU": RNNClassifier(cell="gru", normalize="feature"),
    "LSTM": RNNClassifier(cell="lstm", normalize="feature"),
}
failures: list[str] = []


def report(holds: bool, *what: object) -> None:
    """Print whether something holds."""
    line = " ".join(map(str, what))
    print("ok  " if holds else "FAIL", line, flush=True)
    if not holds:
        failures.append(line)


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """Return how far answers differ, beside one or their size."""
    return float(np.max(np.abs(one - other) / (1 + np.abs(other))))


def on(name: str, device: str) -> dict[str, object]:
    """Return parameters that a fit of such a name has on a device."""
    if name == "SequenceAnomalyDetector":
        return {"forecaster__device": device}
    if "dropout" in name:  # which draws otherwise on each device
        return {"device": device, "dropout": 0.0}
    return {"device": device}


def families(device: str) -> None:
    """Compare fits on the device with those on a CPU, and their files."""
    with tempfile.TemporaryDirectory() as folder:
        for i, name in enumerate(FITS):
            model = fitted(name, **on(name, device))
            there = answers(name, model)
            here = answers(name, fitted(name, **on(name, "cpu")))
            far = distance(there, here)
            report(far < SAME, f"{name}: fit and answers differ by {far:.1e}")
            save(model, Path(folder) / f"{i}.skseq")
            np.save(Path(folder) / f"{i}.npy", there)
        command = [sys.executable, __file__, "--opens", folder]
        blind = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
        found = subprocess.run(command, env=blind, check=False)
        report(found.returncode == 0, "files open without a GPU")


def opens(folder: str) -> None:
    """Compare what files answer with what was noted beside them."""
    for i, name in enumerate(FITS):
        model = load(Path(folder) / f"{i}.skseq")
        far = distance(answers(name, model), np.load(Path(folder) / f"{i}.npy"))
        report(far < SAME, f"{name}: its file answers, off by {far:.1e}")


def data_of(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return sequences, and whether their first channel's mean is high."""
    X = np.random.default_rng(0).normal(size=(n, 50, 8)).astype(np.float32)
    return X, (X[..., 0].mean(axis=1) > 0).astype(int)


def mixed(device: str, n: int) -> None:
    """Compare probabilities after a training in bfloat16 with those in float32."""
    X, y = data_of(n)
    for name, model in MODELS.items():
        model.set_params(device=device, max_epochs=2, random_state=0)
        plain = model.set_params(mixed_precision=False).fit(X, y).predict_proba(X)
        model.set_params(mixed_precision=True).fit(X, y)
        far = float(np.abs(model.predict_proba(X) - plain).max())
        used = "in bfloat16" if model.net_.mixed_precision else "refused, in float32"
        report(far < MIXED, f"{name}: trained {used}, off by {far:.1e}")


def seconds(device: str, call: Callable[[], object]) -> float:
    """Return how long a call takes, the work of the device included."""
    start = time.perf_counter()
    call()
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def bare(
    module: nn.Module, x: torch.Tensor, y: torch.Tensor, batch_size: int, epochs: int
) -> None:
    """Train as one would by hand, with gradients clipped as skseq does."""
    module.train()
    fused = torch.optim.AdamW(module.parameters(), lr=0.005, fused=True)
    criterion = nn.CrossEntropyLoss()
    for _ in range(epochs):
        for index in torch.randperm(len(x), device=x.device).split(batch_size):
            fused.zero_grad()
            criterion(module(x[index], None), y[index]).backward()
            nn.utils.clip_grad_norm_(module.parameters(), 1.0)
            fused.step()


@torch.inference_mode()
def ask(module: nn.Module, x: torch.Tensor) -> np.ndarray:
    """Predict as one would by hand."""
    module.eval()
    return torch.cat([module(part, None) for part in x.split(4096)]).cpu().numpy()


def speed(device: str, n: int, n_rounds: int) -> None:
    """Print how long fits and predictions take, beside a bare loop."""
    X, y = data_of(n)
    x, target = torch.from_numpy(X).to(device), torch.from_numpy(y).to(device)
    for name, model in MODELS.items():
        for batch_size in (256, 4096):
            model.set_params(
                device=device,
                mixed_precision=False,
                lr_schedule=None,
                max_epochs=3,
                batch_size=batch_size,
            ).fit(X, y)
            module = model.module_
            ways: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
                "fit": (
                    lambda m=model: m.fit(X, y),
                    lambda m=module, size=batch_size: bare(m, x, target, size, 3),
                ),
                "predict": (
                    lambda m=model: m.predict_proba(X),
                    lambda m=module: ask(m, x),
                ),
            }
            for what, (ours, theirs) in ways.items():
                pairs = [
                    (seconds(device, ours), seconds(device, theirs))
                    for _ in range(n_rounds + 1)
                ][1:]
                ratio = statistics.median(a / b for a, b in pairs)
                ms = 1000 * statistics.median(b for _, b in pairs)
                line = (
                    f"{name}, batches of {batch_size}: {what} {ratio:.2f} of {ms:.0f}"
                )
                report(ratio <= SLOWER, f"{line} ms, bare")


def accelerate(device: str) -> None:
    """Compare a fit that ``accelerate launch`` shares out with one without."""
    command = [sys.executable, "-m", "accelerate.commands.launch", "--num_processes=1"]
    command += ["--num_machines=1", "--mixed_precision=no", "--dynamo_backend=no"]
    command += ["--cpu"] if device == "cpu" else []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "said.npy"
        launched = subprocess.run(
            [*command, __file__, "--launched", str(file)], check=False
        )
        if launched.returncode:
            report(False, "accelerate launch")
            return
        far = distance(np.load(file), shared(device))
    report(far < SAME, f"accelerate launch: differs by {far:.1e}")


def shared(device: str) -> np.ndarray:
    """Return what a fit answers that several processes might share."""
    X, y = data_of(100)
    model = RNNRegressor(cell="gru", max_epochs=3, device=device, random_state=0)
    return model.fit(X, y).predict(X)


def main() -> int:
    """Ask for everything, and return 1 if anything failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--quick", action="store_true", help="tiny data, few rounds")
    parser.add_argument("--opens", help=argparse.SUPPRESS)  # in a process of its own
    parser.add_argument("--launched", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.opens:
        opens(arguments.opens)
        return len(failures) > 0
    if arguments.launched:
        np.save(arguments.launched, shared("accelerate"))
        return 0
    device = arguments.device
    if device != "cpu" and not torch.cuda.is_available():
        print("There is no GPU here, so nothing was tried.")
        return 0
    if device != "cpu":
        print(torch.cuda.get_device_name(), "torch", torch.__version__)
    families(device)
    mixed(device, 100 if arguments.quick else 4096)
    speed(device, 300 if arguments.quick else 16_384, 1 if arguments.quick else 5)
    accelerate(device)
    print(f"{len(failures)} failures")
    return len(failures) > 0


if __name__ == "__main__":
    sys.exit(main())
