"""A simulated ward, whose true probabilities are known: `benchmarks/incomplete.py`.

A patient is watched for two days. The question, whether he or she will be in danger, is
asked at the first visit after these. How ill patients are, is hidden: those in danger
fall ill at an hour that nobody knows and stay it; half of the others pass through an
illness that begins alike and is over after a day. What is written down depends on it:

- values, each around a patient's own usual one, which depends on age: pulse rises and
  pressure falls with illness; lactate rises, and after a vasopressor it goes on to rise
  if there is danger and falls otherwise; temperature says nothing;
- what is measured: laboratories are asked by those who worry;
- when: visits become more frequent;
- the ward, out of which patients are moved and into which they come back, and the drug
  that was given at the visit;
- age, sex and how they came, which say something before anything is measured.

Worry begins a few hours before values change, and some of it is a hunch that no value
explains. As all of this is drawn from known densities, Bayes' theorem gives the
probability of danger for what is written down, summed over the hours at which an
illness may have begun. This is the oracle, in front of which sources can be covered.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit, log_softmax, logsumexp
from scipy.stats import gamma

HOURS = 48.0
SOURCES = ("values", "missing", "gaps", "categories", "static")
WARDS = np.array(["general", "monitored"])
DRUGS = np.array(["none", "fluids", "antibiotic", "vasopressor"])
NAMES = ["pulse", "pressure", "lactate", "creatinine", "temperature"]
USUAL = np.array([80.0, 85.0, 1.5, 1.0, 37.0])
WITH_AGE = np.array([-1.0, 2.0, 0.0, 0.12, 0.0])  # of what is usual, in ten years
OF_PATIENTS = np.array([9.0, 9.0, 0.4, 0.25, 0.3])  # deviation of what is usual
OF_VALUES = np.array([10.0, 10.0, 0.6, 0.2, 0.5])  # deviation of values around that
WITH_ILLNESS = np.array([7.0, -6.0, 0.35, 0.08, 0.0])
ASKED = np.array([2.5, 1.5, -1.0, -1.2, 0.5])  # log-odds that a value is measured
WHEN_WORRIED = np.array([0.0, 0.3, 0.8, 0.5, 0.0])
HUNCH = 0.15  # worry that no illness explains
AHEAD = 4.0  # hours by which worry is ahead of values


class Courses(NamedTuple):
    """Ways in which things may go, C of them."""

    in_danger: np.ndarray
    onset: np.ndarray  # the hour at which an illness begins, infinite if none does
    share: np.ndarray  # of all patients that are, or are not, in danger

    def illness(self, hours: np.ndarray) -> np.ndarray:
        """Return how ill one is at some hours, from 0 to 1: (C, T)."""
        since = (hours - self.onset[:, None]).clip(min=0)
        rising = np.minimum(since / 16, 1)
        passing = np.minimum(rising, (2 - since / 12).clip(min=0))
        return np.where(self.in_danger[:, None], rising, passing)

    def worry(self, hours: np.ndarray) -> np.ndarray:
        """Return how worried those are who visit: (C, T)."""
        return self.illness(hours + AHEAD) + HUNCH * self.in_danger[:, None]

    def only(self, i: int) -> Courses:
        """Return one of them."""
        return Courses(*(part[i : i + 1] for part in self))


def all_courses() -> Courses:
    """Return an illness that begins every four hours, in danger or not, and none."""
    onsets = np.arange(0, HOURS, 4)
    n = len(onsets)
    return Courses(
        np.repeat([True, False], [n, n + 1]),
        np.concatenate([onsets, onsets, [np.inf]]),
        np.repeat([1 / n, 0.5 / n, 0.5], [n, n, 1]),
    )


class Ward(NamedTuple):
    """Records of patients, and what is true of them."""

    vitals: pd.DataFrame  # by patient and time
    patients: pd.DataFrame  # by patient
    in_danger: np.ndarray
    likelihoods: dict[str, np.ndarray]  # of each source, logarithms, (n_patients, C)

    def oracle(self, without: str = "nothing") -> np.ndarray:
        """Return the log-odds of danger as all sources but one tell them."""
        courses = all_courses()
        known = [part for name, part in self.likelihoods.items() if name != without]
        total = np.sum(known, axis=0) + np.log(courses.share)
        odds = logsumexp(total[:, courses.in_danger], axis=1)
        return odds - logsumexp(total[:, ~courses.in_danger], axis=1)


def make_ward(n_patients: int, seed: int) -> Ward:
    """Return so many patients.

    Parameters
    ----------
    n_patients : int
        How many.
    seed : int
        Draws them.

    Returns
    -------
    ward : Ward
    """
    rng = np.random.default_rng(seed)
    age = rng.normal(65, 14, n_patients).clip(20, 95).round()
    is_man, urgent = rng.random(n_patients) < 0.55, rng.random(n_patients) < 0.6
    prior = -1.2 + (0.25 + 0.3 * is_man) * (age - 65) / 10 + 0.7 * urgent
    in_danger = rng.random(n_patients) < expit(prior)
    courses = all_courses()
    likelihoods = {name: np.empty((n_patients, len(courses.share))) for name in SOURCES}
    likelihoods["static"] = np.where(courses.in_danger, prior[:, None], 0)
    hours, tables = [], []
    for i in range(n_patients):
        share = courses.share * (courses.in_danger == in_danger[i])
        course = courses.only(rng.choice(len(share), p=share))
        record = draw_record(course, age[i], rng)
        for name, found in log_likelihoods(record, courses, age[i]).items():
            likelihoods[name][i] = found
        hours.append(record["hour"])
        tables.append(record)
    names = [f"p{i:05}" for i in range(n_patients)]
    vitals = pd.concat(tables, keys=names, names=["patient", None])
    admitted = np.repeat(rng.integers(0, 365 * 24, n_patients), list(map(len, hours)))
    minutes = (60 * (admitted + vitals["hour"])).round()
    vitals = vitals.assign(
        time=pd.Timestamp("2024-01-01") + pd.to_timedelta(minutes, unit="min"),
        ward=pd.Categorical(WARDS[vitals["ward"]], WARDS),
        drug=pd.Categorical(DRUGS[vitals["drug"]], DRUGS),
    )
    vitals = vitals.set_index("time", append=True).droplevel(1).drop(columns="hour")
    patients = pd.DataFrame(
        {
            "age": age,
            "sex": np.where(is_man, "m", "f"),
            "came": np.where(urgent, "urgent", "planned"),
        },
        index=pd.Index(names, name="patient"),
    )
    return Ward(vitals, patients, in_danger, likelihoods)


def draw_record(course: Courses, age: float, rng: np.random.Generator) -> pd.DataFrame:
    """Return what is written down of a patient, a row for each visit."""
    visits = [0.0]
    while visits[-1] < HOURS:
        mean = usual_gaps(course, np.array(visits[-1:])).item()
        visits.append(visits[-1] + max(0.05, rng.gamma(3, mean / 3)))
    hours = np.array(visits)
    monitored = [int(rng.random() < 0.15)]
    for chance in chances_to_be_monitored(course, hours[1:])[0]:
        monitored.append(int(rng.random() < chance[monitored[-1]]))
    chances = np.exp(log_chances_of_drugs(course, hours)[0])
    drugs = np.array([rng.choice(len(DRUGS), p=p) for p in chances])
    values = mean_values(course, hours, drugs, age)[0] + OF_PATIENTS * rng.normal(
        size=5
    )
    values += OF_VALUES * rng.normal(size=values.shape)
    is_there = rng.random(values.shape) < chances_to_be_asked(course, hours)[0]
    record = pd.DataFrame(np.where(is_there, values, np.nan), columns=NAMES)
    return record.assign(ward=monitored, drug=drugs, hour=hours)


def usual_gaps(courses: Courses, hours: np.ndarray) -> np.ndarray:
    """Return the mean time from each visit to the next, (C, T)."""
    return 4.0 * np.exp(-0.35 * courses.worry(hours))


def chances_to_be_monitored(courses: Courses, hours: np.ndarray) -> np.ndarray:
    """Return them for those who were not before, and those who were, (C, T, 2)."""
    worry = courses.worry(hours)
    return np.stack([expit(-4 + 1.5 * worry), expit(1 + 1.5 * worry)], axis=-1)


def log_chances_of_drugs(courses: Courses, hours: np.ndarray) -> np.ndarray:
    """Return logarithms of the chances of each drug, (C, T, 4)."""
    illness = courses.illness(hours)
    none = np.zeros_like(illness)
    scores = [none, -1.5 + 0.5 * illness, none - 2, -3.0 + 1.5 * illness]
    return log_softmax(np.stack(scores, axis=-1), axis=-1)


def chances_to_be_asked(courses: Courses, hours: np.ndarray) -> np.ndarray:
    """Return the chance of each value to be measured, (C, T, 5)."""
    return expit(ASKED + courses.worry(hours)[..., None] * WHEN_WORRIED)


def mean_values(
    courses: Courses, hours: np.ndarray, drugs: np.ndarray, age: float
) -> np.ndarray:
    """Return values but for a patient's own deviation and chance, (C, T, 5)."""
    means = USUAL + WITH_AGE * (age - 65) / 10
    means = means + courses.illness(hours)[..., None] * WITH_ILLNESS
    given = DRUGS[drugs] == "vasopressor"
    if given.any():
        response = ((hours - hours[given.argmax()]) / 8).clip(0, 1)
        means[..., 2] += np.where(courses.in_danger, 0.5, -0.3)[:, None] * response
    return means


def log_likelihoods(
    record: pd.DataFrame, courses: Courses, age: float
) -> dict[str, np.ndarray]:
    """Return how likely a record is if all went one of the courses, (C,) each."""
    hours, drugs, ward = (record[name].to_numpy() for name in ("hour", "drug", "ward"))
    gaps = gamma.logpdf(np.diff(hours), 3, scale=usual_gaps(courses, hours[:-1]) / 3)
    steps = np.arange(len(hours))
    chance = chances_to_be_monitored(courses, hours[1:])[:, steps[:-1], ward[:-1]]
    moves = np.log(np.where(ward[1:], chance, 1 - chance))
    of_drugs = log_chances_of_drugs(courses, hours)[:, steps, drugs]
    values = record[NAMES].to_numpy()
    is_there = ~np.isnan(values)
    chance = chances_to_be_asked(courses, hours)
    asked = np.log(np.where(is_there, chance, 1 - chance))
    # Around a usual value that is normal itself, squares sum up to less by what their
    # mean explains (Sherman and Morrison, 1950).
    rest = np.nan_to_num(values - mean_values(courses, hours, drugs, age))
    ratio = np.square(OF_PATIENTS / OF_VALUES)
    shrinkage = ratio / (1 + ratio * is_there.sum(axis=0))
    squares = np.square(rest).sum(axis=1) - shrinkage * np.square(rest.sum(axis=1))
    return {
        "values": -0.5 * (squares / np.square(OF_VALUES)).sum(axis=1),
        "missing": asked.sum(axis=(1, 2)),
        "gaps": gaps.sum(axis=1),
        "categories": moves.sum(axis=1) + of_drugs.sum(axis=1),
    }
