"""Real data sets: `load_*` reads what is installed, `fetch_*` downloads once."""

from skseq.datasets._bundled import (
    load_basic_motions,
    load_italy_power_demand,
    load_japanese_vowels,
)
from skseq.datasets._daily import fetch_bitcoin, fetch_jena, fetch_opsd
from skseq.datasets._series import fetch_ett, fetch_nab
from skseq.datasets._texts import fetch_names, fetch_sst2, fetch_tiny_shakespeare

__all__ = [
    "fetch_bitcoin",
    "fetch_ett",
    "fetch_jena",
    "fetch_nab",
    "fetch_names",
    "fetch_opsd",
    "fetch_sst2",
    "fetch_tiny_shakespeare",
    "load_basic_motions",
    "load_italy_power_demand",
    "load_japanese_vowels",
]
