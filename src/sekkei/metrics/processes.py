"""Worker processes of this machine: each is given what is large once, and a lost one costs its own task alone."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import wait as wait_for
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

R = TypeVar("R")

_BLAS = "OPENBLAS_NUM_THREADS"
_ENVIRONMENT = Lock()
_TRIES = 2  # processes that a task may cost


class Lost(BrokenExecutor):
    """Every process that took a task up was lost."""


@dataclass(frozen=True)
class _Standing:
    """Stands among the arguments of tasks for something large that a process is given once."""

    number: int


class Processes(Executor):
    """Worker processes, each with one task at a time and started again where it is lost.

    The standard library's pool breaks as a whole when one process is lost, and cannot tell which of its tasks was to
    blame. Here the task is tried once more in a new process; where that is lost too it raises :class:`Lost`. All
    others stay where they are.
    """

    def __init__(self, workers: int) -> None:
        """Prepare them; each is started with its first task."""
        self._threads = ThreadPoolExecutor(workers)
        self._all = [_Process() for _ in range(workers)]
        self._idle: SimpleQueue[_Process] = SimpleQueue()
        for process in self._all:
            self._idle.put(process)
        self._shared: list[Any] = []

    def submit(self, work: Callable[..., R], /, *arguments: Any, **named: Any) -> Future[R]:
        """Have ``work(*arguments, **named)`` done by the next process that is free."""
        return self._threads.submit(self._done, partial(work, **named), arguments)

    def share(self, thing: Any) -> Any:
        """What stands for ``thing`` among the arguments of tasks, so that a process is given it once."""
        places = (number for number, known in enumerate(self._shared) if known is thing)
        number = next(places, len(self._shared))
        if number == len(self._shared):
            self._shared.append(thing)
        return _Standing(number)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let what is being done be finished, and with ``cancel_futures`` nothing else."""
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        for process in self._all:
            process.shutdown(wait)

    def _done(self, work: Callable[..., R], arguments: tuple[Any, ...]) -> R:
        process = self._idle.get()
        try:
            return process.run(work, arguments, self._shared)
        finally:
            self._idle.put(process)


class _Process:
    """One process; another takes its place where it is lost."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        # Started afresh rather than forked: a fork of a process with running tensor threads can hang.
        afresh = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, mp_context=afresh, initializer=_end_with_parent)
        self._given: set[int] = set()
        self._begun = False

    def run(self, work: Callable[..., R], arguments: tuple[Any, ...], shared: list[Any]) -> R:
        for _ in range(_TRIES):
            try:
                if not self._begun:
                    with _one_thread_of_blas():
                        self._pool.submit(int)  # the process begins here
                    self._begun = True
                for one in arguments:
                    if isinstance(one, _Standing) and one.number not in self._given:
                        self._pool.submit(_keep, one, shared[one.number]).result()
                        self._given.add(one.number)
                return self._pool.submit(_called, work, arguments).result()
            except BrokenExecutor:
                self._pool.shutdown()
                self._start()
        raise Lost(f"{_TRIES} processes that took it up were lost")

    def shutdown(self, wait: bool) -> None:
        self._pool.shutdown(wait)


@contextmanager
def _one_thread_of_blas() -> Iterator[None]:
    """Processes begun in a ``with`` block get one thread of OpenBLAS each, unless the user has said how many.

    Its threads wait for the next small matrix by spinning: two processes of two threads on two cores relax crystals
    four times as slowly as one, where two of one thread are nearly twice as fast. It reads the number when loaded.
    """
    with _ENVIRONMENT:
        before = os.environ.get(_BLAS)
        os.environ.setdefault(_BLAS, "1")
        try:
            yield
        finally:
            if before is None:
                del os.environ[_BLAS]


_KEPT: dict[_Standing, Any] = {}
"""In a worker process: what it was given."""


def _keep(standing: _Standing, thing: Any) -> None:
    _KEPT[standing] = thing


def _called(work: Callable[..., R], arguments: tuple[Any, ...]) -> R:
    return work(*(_KEPT[one] if isinstance(one, _Standing) else one for one in arguments))


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for tasks for ever."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            wait_for([parent.sentinel])
            os._exit(1)

    Thread(target=watch, daemon=True).start()
