"""A file is written as a whole, or what was there stays."""

import errno
import os
from pathlib import Path

import pytest

from skseq._writing import write_file


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file"


def test_contents_replace_what_was_there(path):
    for data in (b"one", b"2", bytes(100_000), memoryview(b"")):
        write_file(path, data)
        assert path.read_bytes() == bytes(data)
        assert os.listdir(path.parent) == ["file"]


def test_a_name_may_be_as_long_as_the_system_allows(path):
    path = path.with_name("n" * 255)
    write_file(str(path), b"a")
    assert path.read_bytes() == b"a"


def test_permissions_are_those_of_any_file_or_of_the_one_before(path):
    write_file(path, b"a")
    path.with_name("other").write_bytes(b"b")
    assert path.stat().st_mode == path.with_name("other").stat().st_mode
    path.chmod(0o600)
    write_file(path, b"c")
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_a_link_points_to_is_written(path):
    (path.parent / "folder").mkdir()
    path.symlink_to(path.parent / "folder" / "model")
    write_file(path, b"a")
    assert path.is_symlink()
    assert (path.parent / "folder" / "model").read_bytes() == b"a"


def test_what_is_no_file_is_not_replaced(path):
    os.mkfifo(path)
    for other in (path, path.parent, ""):
        with pytest.raises(ValueError, match="is no file"):
            write_file(other, b"a")
    assert path.is_fifo()


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), OSError),
        (OSError("odd"), OSError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
    ids=["full", "odd", "interrupted"],
)
@pytest.mark.parametrize("where", ["os.fsync", "os.replace", "shutil.copymode"])
def test_a_failure_leaves_what_was_there(path, monkeypatch, error, raised, where):
    def fail(*args):
        raise error

    write_file(path, b"before")
    with monkeypatch.context() as patched:
        patched.setattr(where, fail)
        with pytest.raises(raised) as caught:
            write_file(path, b"after")
    if getattr(error, "errno", None):
        assert caught.value.filename == str(path)
        assert str(caught.value).endswith(f"No space left on device: '{path}'")
    assert path.read_bytes() == b"before"
    assert os.listdir(path.parent) == ["file"]


def test_an_error_names_the_file_that_was_asked_for(path):
    with pytest.raises(FileNotFoundError) as caught:
        write_file(path / "model", b"a")
    assert caught.value.filename == str(path / "model")
    path.write_bytes(b"")
    with pytest.raises(NotADirectoryError) as caught:
        write_file(path / "model", b"a")
    assert caught.value.filename == str(Path(path, "model"))
