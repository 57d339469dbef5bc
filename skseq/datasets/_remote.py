"""Files of public repositories: downloaded once, checked whenever they are read.

The examples of what is built upon this do not run as tests, which use no network.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path, PurePosixPath

from sklearn.datasets import fetch_file, get_data_home
from sklearn.utils._param_validation import Interval

__all__ = ["CONSTRAINTS", "RemoteFile"]

HOST = "https://raw.githubusercontent.com"
CONSTRAINTS = {
    "data_home": [str, os.PathLike, None],
    "download_if_missing": ["boolean"],
    "n_retries": [Interval(Integral, 0, None, closed="left")],
    "delay": [Interval(Real, 0, None, closed="left")],
}


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
        data_home: str | os.PathLike | None,
        download_if_missing: bool,
        n_retries: int,
        delay: float,
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

    def _is_at(self, path: Path) -> bool:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == self.sha256
