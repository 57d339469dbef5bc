import threading

import numpy as np
import pytest
import torch

from skseq.resources import (
    make_random_state,
    resolve_device,
    seeded_torch,
    torch_threads,
    unchanged_on_error,
)


def test_random_states():
    assert make_random_state(3).randint(1000) == np.random.RandomState(3).randint(1000)
    given = np.random.RandomState(0)
    assert make_random_state(given) is given


def test_no_random_state_leaves_numpy_alone():
    before = np.random.get_state()[1].copy()
    draws = {make_random_state(None).randint(2**31) for _ in range(5)}
    assert len(draws) == 5
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_seeding_torch_ends_with_the_block():
    before = torch.get_rng_state()
    with seeded_torch(1):
        one = torch.rand(3)
    with seeded_torch(1):
        other = torch.rand(3)
    assert torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), before)


def test_threads_do_not_see_each_others_generator():
    before = torch.get_rng_state()
    with seeded_torch(0):
        expected = torch.rand(20)
    results = []

    def draw():
        for _ in range(20):
            with seeded_torch(0):
                results.append(torch.cat([torch.rand(1) for _ in range(20)]))

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 80
    assert all(torch.equal(result, results[0]) for result in results)
    assert expected.shape == results[0].shape
    assert torch.equal(torch.get_rng_state(), before)


def test_devices():
    assert resolve_device("cpu").type == "cpu"
    assert resolve_device("auto").type == (
        "cuda" if torch.cuda.is_available() else "cpu"
    )
    with pytest.raises(ValueError, match="device='tpu9' is unknown"):
        resolve_device("tpu9")


def test_a_missing_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="device='cuda' was asked for, but"):
        resolve_device("cuda")
    assert resolve_device("cuda", or_cpu=True).type == "cpu"


@pytest.mark.parametrize(
    ("n_threads", "work", "inside"),
    [(None, 1, 1), (None, 1e12, 2), (1, 1e12, 1), (3, 1, 3)],
)
def test_the_number_of_threads_is_restored(n_threads, work, inside):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with torch_threads(n_threads, work=work):
            assert torch.get_num_threads() == inside
        assert torch.get_num_threads() == 2
        with pytest.raises(KeyError), torch_threads(n_threads, work=work):
            {}["fails"]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_an_unknown_device_falls_back_where_that_is_asked_for():
    assert resolve_device("gpu", or_cpu=True).type == "cpu"


def test_the_last_of_several_threads_restores_what_the_first_one_found():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    inside, leave = threading.Event(), threading.Event()

    def borrow():
        with torch_threads(1, work=1):
            inside.set()
            leave.wait()

    thread = threading.Thread(target=borrow)
    try:
        with torch_threads(3, work=1):
            thread.start()
            inside.wait()
        leave.set()
        thread.join()
        with torch_threads(None, work=1e12):
            assert torch.get_num_threads() == 2
    finally:
        leave.set()
        torch.set_num_threads(before)


def test_a_refused_number_of_threads_is_not_borrowed():
    before = torch.get_num_threads()
    with (
        pytest.raises(RuntimeError, match="expects an int"),
        torch_threads("2", work=1),
    ):
        pass
    torch.set_num_threads(before + 1)  # which later blocks restore
    try:
        with torch_threads(1, work=1):
            pass
        assert torch.get_num_threads() == before + 1
    finally:
        torch.set_num_threads(before)


def test_attributes_come_back_when_a_block_fails():
    class Thing:
        a = 1

    thing = Thing()
    thing.b = 2

    def fail():
        with unchanged_on_error(thing):
            thing.b, thing.c = 3, 4
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert vars(thing) == {"b": 2}
