"""scikit-learn's checks, each with as many epochs as it needs."""

from sklearn.base import clone

__all__ = ["run_check"]

SCORED = {
    "check_classifiers_train",
    "check_class_weight_classifiers",
    "check_regressors_train",
}


def run_check(check, estimator):
    """Run a check, in three epochs unless it asks what a network has learned.

    The others ask what a network does, which is the same after three and after fifty.
    """
    if getattr(check, "func", check).__name__ not in SCORED:
        estimator = clone(estimator).set_params(max_epochs=3)
    check(estimator)
