"""Work on long lists in chunks, in this process or in others; the result does not depend on which."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, ProcessPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, TypeVar

from sekkei.core.errors import UserError

if TYPE_CHECKING:
    from distributed import Client

R = TypeVar("R")
T = TypeVar("T")

_CHUNK = 500
_LOOK = 5.0  # seconds between two looks at the workers of a cluster
_ALONE = 60.0  # seconds without any worker until work is given up
_GO_ON = "start workers; the same command with --resume goes on"
_PATIENCE = 15.0  # seconds until a scheduler that does not answer is taken for absent


@contextmanager
def processes(workers: int) -> Iterator[Executor | None]:
    """Worker processes for the time of a ``with`` block; None, meaning this process, for one worker or fewer.

    They are started afresh rather than forked: a fork of a process with running tensor threads can hang.
    """
    if workers <= 1:
        yield None
        return
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """The workers of a running Dask cluster for the time of a ``with`` block.

    What a worker was doing when it was lost is done again by another one; where none is left for a minute, work ends.
    Sekkei must be installed where they run.

    Args:
        address: of the scheduler, such as ``tcp://10.0.0.1:8786``.

    Raises:
        UserError: the package ``distributed`` is not installed, no scheduler answers, or all workers are lost.
    """
    try:
        from distributed import Client, KilledWorker  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise UserError("needs the package distributed", "--cluster", 'pip install "sekkei[cluster]"') from error
    try:
        client = Client(address, timeout=_PATIENCE)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as error:
        what = f"no scheduler answers: {(str(error).splitlines() or [''])[0][:120]}"
        raise UserError(
            what, f"--cluster {address}", "such as tcp://10.0.0.1:8786, where dask scheduler runs"
        ) from error
    workers = client.get_executor(pure=False)  # type: ignore[no-untyped-call]  # equal structures are two tasks
    with client, workers, _watched(client, workers) as deserted:
        try:
            yield workers
        except (CancelledError, KilledWorker) as error:
            what = f"a task was lost with every worker that took it up: {(str(error).splitlines() or [''])[0][:120]}"
            if deserted.is_set():
                what = f"no worker has been there for {_ALONE:g} seconds"
            raise UserError(what, f"--cluster {address}", _GO_ON) from error


@contextmanager
def _watched(client: Client, workers: Executor) -> Iterator[Event]:
    """All work is given up once the cluster has had no worker for a while; the event says that this was why."""
    over, deserted = Event(), Event()

    def watch() -> None:
        alone = 0.0
        while not over.wait(_LOOK):
            alone = 0.0 if _staffed(client) else alone + _LOOK
            if alone >= _ALONE:
                deserted.set()
                workers.shutdown(wait=False)
                return

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield deserted
    finally:
        over.set()
        watcher.join()


def _staffed(client: Client) -> bool:
    try:
        return bool(client.nthreads())  # type: ignore[no-untyped-call]
    except (OSError, RuntimeError, ValueError):  # the scheduler is gone too
        return False


@contextmanager
def workers_of(count: int, address: str | None) -> Iterator[Executor | None]:
    """The workers of a cluster where its address is given, else processes of this machine; see :func:`processes`."""
    with cluster(address) if address else processes(count) as found:
        yield found


def in_chunks(work: Callable[[list[T]], R], items: Sequence[T], pool: Executor | None, size: int = _CHUNK) -> list[R]:
    """``work`` on consecutive chunks of ``items``, results in order; one empty chunk where there is none."""
    chunks = [list(items[start : start + size]) for start in range(0, len(items), size)] or [[]]
    if pool is None or len(chunks) == 1:
        return [work(chunk) for chunk in chunks]
    return list(pool.map(work, chunks))
