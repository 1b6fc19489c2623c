"""`python -m service.jobs.cluster FOLDER`: a scheduler and workers on loopback.

Started by the first process that has a job; the others find its address in the folder. A lock on a
file, which the kernel gives back however a process ends, keeps it the only one. It ends when nobody
has been connected for a while: no process of the service is left, or none has had a job.

Workers are forked from a process that has read their code already, while this one reads its own:
the first job waits for the code once, and one after a worker's death not at all.
"""

import argparse
import fcntl
import os
import time
from multiprocessing import forkserver, set_forkserver_preload
from pathlib import Path
from threading import Event
from typing import Any

from service.jobs.connect import ADDRESS, LOCK

LOOPBACK = "127.0.0.1"
LONELY_SECONDS = 15.0
LOOK_SECONDS = 0.5
CODE_OF_WORKERS = ["distributed.nanny", "service.jobs.tasks"]
"""Read once and shared by all workers; reading it starts no thread, so that it can be forked."""

SETTINGS = {
    "distributed.scheduler.http.routes": [],  # no dashboard, no pages
    "distributed.worker.http.routes": [],
    "distributed.scheduler.allowed-failures": 1,  # a task that stops two workers is to blame
    "distributed.scheduler.work-stealing-interval": "200ms",
    "distributed.worker.profile.enabled": False,  # for a dashboard, which there is not
    "distributed.admin.tick.interval": "200ms",
    "distributed.worker.multiprocessing-method": "forkserver",
    "distributed.worker.daemon": True,  # workers end with the process that started them
    "distributed.admin.large-graph-warning-threshold": "1GiB",
    # Dask asks for each freed array to be given back to the system at once, and numpy then spends
    # as long on fetching it again as on the arithmetic (docs/decisions/0086).
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
}


def main() -> None:
    """Serve until nobody needs it; leave at once if another does so already."""
    parser = argparse.ArgumentParser(description="Dask for one backcheck service, on loopback")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--port", type=int, default=0, help="a fixed one, for other services")
    parser.add_argument("--stay", action="store_true", help="until it is stopped")
    asked = parser.parse_args()
    asked.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (asked.folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        set_forkserver_preload(CODE_OF_WORKERS)
        forkserver.ensure_running()
        serve(asked.folder, asked.workers, asked.port, asked.stay)


def serve(folder: Path, workers: int, port: int = 0, stay: bool = False) -> None:
    """Until it has been lonely for long enough, or for ever."""
    import dask
    import distributed

    dask.config.set(SETTINGS)
    make: Any = distributed.LocalCluster  # which has no types
    with make(
        n_workers=workers,
        threads_per_worker=1,
        host=LOOPBACK,
        scheduler_port=port,
        dashboard_address=f"{LOOPBACK}:0",
        worker_dashboard_address=f"{LOOPBACK}:0",
        scheduler_kwargs={"dashboard": False},
    ) as cluster:
        try:
            if stay:
                print(f"BACKCHECK_SCHEDULER={cluster.scheduler_address} make serve", flush=True)
                Event().wait()
            wait_until_lonely(cluster, folder)
        except KeyboardInterrupt:
            return
        finally:
            (folder / ADDRESS).unlink(missing_ok=True)


def announce(folder: Path, address: str) -> None:
    """Write the address where the service looks for it, all at once."""
    written = folder / f"{ADDRESS}.{os.getpid()}"
    written.write_text(address)
    written.replace(folder / ADDRESS)


def wait_until_lonely(cluster: Any, folder: Path) -> None:
    """Return when no client has been connected for a while; until then be there to be found."""
    seen = time.monotonic()
    while time.monotonic() - seen < LONELY_SECONDS:
        if not (folder / ADDRESS).exists():
            announce(folder, cluster.scheduler_address)
        time.sleep(LOOK_SECONDS)
        if len(cluster.scheduler.clients) > 1:  # one stands for tasks that nobody waits for
            seen = time.monotonic()


if __name__ == "__main__":
    main()
