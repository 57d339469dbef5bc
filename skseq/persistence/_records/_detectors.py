"""What detectors know of errors."""

from __future__ import annotations

from skseq.anomaly._surprise import ErrorScale
from skseq.anomaly._windows import SeasonWindows
from skseq.parameters.checks import array, number
from skseq.persistence._records._record import Record

__all__ = ["DETECTORS"]


DETECTORS: dict[type, Record] = {
    ErrorScale: Record(
        {
            "gaps": array(1, "f"),
            **dict.fromkeys(("centers", "scales", "precision"), array(2, "f")),
        },
        is_sound=lambda scale: (
            scale.centers.shape == scale.scales.shape
            and len(scale.gaps) == len(scale.centers) > 0
            and scale.precision.shape == 2 * scale.centers.shape[1:]
        ),
    ),
    SeasonWindows: Record(
        {
            "components": array(2, "f"),
            **dict.fromkeys(("mean", "variances"), array(1, "f")),
            **dict.fromkeys(("size", "noise", "usual"), number),
        },
        is_sound=lambda windows: (
            len(windows.mean) > 1
            and windows.components.shape == (len(windows.variances), len(windows.mean))
            and bool((windows.variances > 0).all())
            and min(windows.size, windows.noise) > 0
        ),
    ),
}
