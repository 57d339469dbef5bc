"""Pictures in the manner of scikit-learn: each display is an object that can plot.

All need matplotlib (``pip install 'skseq[plots]'``). For ROC, precision and recall and
the like, scikit-learn's own displays take the classifiers as they are.
"""

from skseq.plotting._anomaly import AnomalyDisplay
from skseq.plotting._cell import CellDisplay
from skseq.plotting._forecast import ForecastDisplay
from skseq.plotting._importance import ImportanceDisplay
from skseq.plotting._network import NetworkDisplay
from skseq.plotting._step_probability import StepProbabilityDisplay
from skseq.plotting._training_curve import TrainingCurveDisplay

__all__ = [
    "AnomalyDisplay",
    "CellDisplay",
    "ForecastDisplay",
    "ImportanceDisplay",
    "NetworkDisplay",
    "StepProbabilityDisplay",
    "TrainingCurveDisplay",
]
