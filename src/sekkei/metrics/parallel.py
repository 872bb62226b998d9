"""Work on long lists in chunks, in this process or in others; the result does not depend on which."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager
from itertools import count
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from sekkei.core.errors import UserError
from sekkei.metrics.processes import Lost, Processes

if TYPE_CHECKING:
    from distributed import Client
    from distributed import Future as There

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

    A task whose process is lost is tried again once, see :class:`sekkei.metrics.processes.Processes`.
    """
    if workers <= 1:
        yield None
        return
    pool = Processes(workers)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """The workers of a running Dask cluster for the time of a ``with`` block.

    What a worker was doing when it was lost is done again by another one, and nothing else; a task that has cost
    several workers raises :class:`sekkei.metrics.processes.Lost`. Where no worker is left for a minute, work ends.
    Sekkei must be installed where they run.

    Args:
        address: of the scheduler, such as ``tcp://10.0.0.1:8786``.

    Raises:
        UserError: the package ``distributed`` is not installed, no scheduler answers, or all workers are lost.
    """
    try:
        from distributed import Client  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise UserError("needs the package distributed", "--cluster", 'pip install "sekkei[cluster]"') from error
    try:
        client = Client(address, timeout=_PATIENCE)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as error:
        what = f"no scheduler answers: {(str(error).splitlines() or [''])[0][:120]}"
        raise UserError(
            what, f"--cluster {address}", "such as tcp://10.0.0.1:8786, where dask scheduler runs"
        ) from error
    with client, Cluster(client) as workers, _watched(client, workers) as deserted:
        try:
            yield workers
        except CancelledError as error:
            what = f"a task was cancelled: {(str(error).splitlines() or [''])[0][:120]}"
            if deserted.is_set():
                what = f"no worker has been there for {_ALONE:g} seconds"
            raise UserError(what, f"--cluster {address}", _GO_ON) from error


class Cluster(Executor):
    """The workers of a Dask cluster.

    Dask's own executor leaves each answer on the worker that found it until the whole list is read, and what is
    lost with a worker is done again though it had been brought here. This one lets go of each as it is brought.
    """

    def __init__(self, client: Client) -> None:
        """Take the workers of a client."""
        self._client = client
        self._open: dict[Future[Any], There[Any]] = {}
        self._shared: list[tuple[Any, There[Any]]] = []
        # tasks of one name are handed out one by one as workers get free, not all at the start
        self._name, self._numbers = f"sekkei-{uuid4().hex}", count()

    def submit(self, work: Callable[..., R], /, *arguments: Any, **named: Any) -> Future[R]:
        """Have ``work(*arguments, **named)`` done by a worker."""
        here: Future[R] = Future()
        key = (self._name, next(self._numbers))
        there = self._client.submit(work, *arguments, key=key, **named)
        self._open[here] = there
        there.add_done_callback(lambda there: self._bring(here, there))  # type: ignore[no-untyped-call]
        return here

    def share(self, thing: Any) -> Any:
        """What stands for ``thing`` among the arguments of tasks, so that a worker is given it once."""
        for known, there in self._shared:
            if known is thing:
                return there
        there = self._client.submit(_itself, thing, pure=False)
        self._shared.append((thing, there))
        return there

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:
        """Give up what is not done; a worker cannot be stopped in the middle of its task."""
        del wait, cancel_futures
        given_up = []
        while self._open:
            here, there = self._open.popitem()
            given_up.append(there)
            _cancel(here)
        self._client.cancel(given_up)  # type: ignore[no-untyped-call]

    def _bring(self, here: Future[Any], there: There[Any]) -> None:
        from distributed import KilledWorker  # noqa: PLC0415 - an extra

        if here not in self._open:  # given up
            return
        answer: Any = None
        error: Exception | None = None
        try:
            answer = there.result()
        except KilledWorker as raised:
            error = Lost(f"{raised.allowed_failures + 1} workers that took it up were lost")
        except Exception as raised:  # noqa: BLE001 - whatever the task has raised is raised again here
            error = raised
        there.release()  # type: ignore[no-untyped-call]
        if self._open.pop(here, None) is None or here.cancelled():
            return
        if isinstance(error, CancelledError):
            _cancel(here)
        elif error is not None:
            here.set_exception(error)
        else:
            here.set_result(answer)


def _cancel(here: Future[Any]) -> None:
    if not here.cancelled() and here.cancel():
        here.set_running_or_notify_cancel()  # wakes what waits for any of several


def _itself(thing: T) -> T:
    return thing


def share(workers: Executor, thing: T) -> T:
    """What stands for something large among the arguments of tasks for these workers; each is given it once.

    Args:
        workers: any executor; one that does not know how to share takes ``thing`` along with every task.
        thing: must not change afterwards.
    """
    return workers.share(thing) if isinstance(workers, Processes | Cluster) else thing


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
