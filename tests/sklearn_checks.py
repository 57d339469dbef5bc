"""scikit-learn's checks: which there are for texts, and how many epochs each needs."""

import pytest
from sklearn.base import clone
from sklearn.utils import estimator_checks as checks

__all__ = ["checks_of_network", "every_check_of_texts", "name_of", "run_check"]

# scikit-learn itself runs only the first where X is no table of numbers.
every_check_of_texts = pytest.mark.parametrize(
    "check",
    [
        checks.check_estimator_cloneable,
        checks.check_estimator_repr,
        checks.check_estimator_tags_renamed,
        checks.check_valid_tag_types,
        checks.check_mixin_order,
        checks.check_no_attributes_set_in_init,
        checks.check_do_not_raise_errors_in_init_or_set_params,
        checks.check_parameters_default_constructible,
        checks.check_get_params_invariance,
        checks.check_set_params,
        checks.check_param_validation,
    ],
    ids=lambda check: check.__name__,
)

# What settings of a network can break; the rest is the same for all of a class.
ABOUT_NETWORKS = {
    "check_class_weight_classifiers",
    "check_classifiers_train",
    "check_dict_unchanged",
    "check_estimators_dtypes",
    "check_estimators_pickle",
    "check_fit2d_1feature",
    "check_fit2d_1sample",
    "check_fit_idempotent",
    "check_methods_sample_order_invariance",
    "check_methods_subset_invariance",
    "check_regressors_train",
    "check_sample_weight_equivalence_on_dense_data",
    "check_transformer_general",
}

SCORED = {
    "check_classifiers_train",
    "check_class_weight_classifiers",
    "check_regressors_train",
}


def name_of(check):
    return getattr(check, "func", check).__name__


def checks_of_network(estimator):
    """Return pairs of an estimator and a check of what its network does."""
    found = checks.estimator_checks_generator(estimator, mark=None)
    return [(own, check) for own, check in found if name_of(check) in ABOUT_NETWORKS]


def run_check(check, estimator):
    """Run a check, in one epoch unless it asks what a network has learned.

    The others ask what a network does, which is the same after one and after fifty.
    How well it learns is asked of one layout; the others are read alike (a test).
    """
    scored = name_of(check) in SCORED
    if scored and getattr(check, "keywords", {}):
        estimator, scored = unscored(estimator), False
    if not scored:
        estimator = clone(estimator).set_params(max_epochs=1)
    check(estimator)


def unscored(estimator):
    """Return an estimator of which scikit-learn expects no good score."""

    class Unscored(type(estimator)):
        def __sklearn_tags__(self):
            tags = super().__sklearn_tags__()
            for kind in (tags.classifier_tags, tags.regressor_tags):
                if kind is not None:
                    kind.poor_score = True
            return tags

    return Unscored(**estimator.get_params())
