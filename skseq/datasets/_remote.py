"""Files of public repositories: downloaded once, checked whenever they are read.

The examples of what is built upon this do not run as tests, which use no network.
"""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path, PurePosixPath
from typing import Any, TypedDict, TypeVar, Unpack

import pandas as pd
from sklearn.datasets import fetch_file, get_data_home
from sklearn.utils._param_validation import validate_params

from skseq._describing import described
from skseq.parameters import NOT_NEGATIVE, Interval

__all__ = ["Download", "RemoteFile", "fetching"]

HOST = "https://raw.githubusercontent.com"
CONSTRAINTS = {
    "data_home": [str, os.PathLike, None],
    "download_if_missing": ["boolean"],
    "n_retries": [Interval(Integral, 0, None, closed="left")],
    "delay": [NOT_NEGATIVE],
}
TEXTS = {
    "download": """
        data_home : str or path-like, default=None
            Folder that keeps what is downloaded, None for scikit-learn's, which is
            ``~/scikit_learn_data`` or what SCIKIT_LEARN_DATA names.
        download_if_missing : bool, default=True
            False to raise an error where a file has not been downloaded before.
        n_retries : int, default=3
            How often a download that failed is tried again.
        delay : float, default=1.0
            Seconds between these.
        """,
    "no_download": """
        OSError
            If a download fails or brings other contents than were published, or if it
            is not allowed and needed.
        """,
}
Fetcher = TypeVar("Fetcher", bound=Callable)


class Download(TypedDict, total=False):
    """Parameters of `RemoteFile.fetch`, which every function that fetches has."""

    data_home: str | os.PathLike | None
    download_if_missing: bool
    n_retries: int
    delay: float


def fetching(**constraints: list) -> Callable[[Fetcher], Fetcher]:
    """Return a decorator of functions that fetch files.

    Parameters
    ----------
    **constraints : list
        What scikit-learn's `validate_params` is to check besides the parameters of
        `Download`.

    Returns
    -------
    decorator : callable
        Of a function whose last parameter is ``**how: Unpack[Download]``. It shows and
        describes what these are, and checks all parameters.
    """
    checked = validate_params(
        {**constraints, **CONSTRAINTS}, prefer_skip_nested_validation=True
    )

    def decorate(fetcher: Any) -> Any:
        signature = inspect.signature(fetcher)
        *own, _ = signature.parameters.values()
        _, *download = inspect.signature(RemoteFile.fetch).parameters.values()
        fetcher.__signature__ = signature.replace(parameters=[*own, *download])
        return checked(described(**TEXTS)(fetcher))

    return decorate


@dataclass(frozen=True)
class RemoteFile:
    """A file that a repository on GitHub holds at one commit.

    Parameters
    ----------
    repository : str
        Its owner and name.
    commit : str
        All 40 digits: what a branch or tag points to may change.
    path : str
        Within the repository.
    sha256 : str
        Checksum of the contents.
    """

    repository: str
    commit: str
    path: str
    sha256: str

    def fetch(
        self,
        *,
        data_home: str | os.PathLike | None = None,
        download_if_missing: bool = True,
        n_retries: int = 3,
        delay: float = 1.0,
    ) -> Path:
        """Return where the file is, after its download if need be."""
        folder = Path(get_data_home(data_home), "skseq", self.repository)
        name = PurePosixPath(self.path).name
        url = "/".join([HOST, self.repository, self.commit, self.path])
        if not download_if_missing and not self._is_at(folder / name):
            raise OSError(
                f"{folder / name} is missing or is not what {url} holds, and "
                "download_if_missing is False."
            )
        folder.mkdir(parents=True, exist_ok=True)
        return fetch_file(
            url,
            folder=folder,
            local_filename=name,
            sha256=self.sha256,
            n_retries=n_retries,
            delay=delay,
        )

    def read_text(self, **how: Unpack[Download]) -> str:
        """Return what it says, in ASCII."""
        return self.fetch(**how).read_text(encoding="ascii")

    def read_table(self, time: str, **how: Unpack[Download]) -> pd.DataFrame:
        """Return the rows of a CSV file by one of its columns, of times."""
        return pd.read_csv(self.fetch(**how), index_col=time, parse_dates=[time])

    def _is_at(self, path: Path) -> bool:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == self.sha256
