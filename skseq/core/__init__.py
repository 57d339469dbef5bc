"""What every estimator is: the template of a fit, its tasks, what it shows."""
