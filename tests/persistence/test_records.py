"""A class that gets another field gets it in files, too."""

from dataclasses import fields, is_dataclass

import pytest

from skseq.persistence._records import RECORDS


@pytest.mark.parametrize("cls", [cls for cls in RECORDS if is_dataclass(cls)])
def test_files_hold_all_fields_of_a_dataclass(cls):
    record = RECORDS[cls]
    held = record.attributes.keys() | record.further.keys()
    assert held == {field.name for field in fields(cls)}


@pytest.mark.parametrize("cls", [cls for cls in RECORDS if hasattr(cls, "_fields")])
def test_files_hold_all_fields_of_a_named_tuple(cls):
    assert RECORDS[cls].attributes.keys() == set(cls._fields)
