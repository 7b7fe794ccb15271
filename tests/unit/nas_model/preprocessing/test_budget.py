from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from nas_model.preprocessing.budget import Budget


def test_no_more_is_held_than_there_is() -> None:
    budget, held, most, lock = Budget(10), 0, 0, threading.Lock()

    def hold(size: int) -> None:
        nonlocal held, most
        with budget.take(size):
            with lock:
                held += size
                most = max(most, held)
            with lock:
                held -= size

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(hold, [1, 4, 6, 7, 3] * 100))
    assert 7 <= most <= 10 and not held


def test_who_wants_more_than_there_is_gets_all_of_it() -> None:
    budget = Budget(10)
    with budget.take(99):
        pass
    with budget.take(10):
        pass
