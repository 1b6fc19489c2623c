"""gunicorn's settings: `gunicorn --config service/gunicorn.conf.py 'service:create_app()'`.

The command line wins over what is set here.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

# Workers are the parallelism; BLAS threads on top of them get in each other's way. numpy reads
# these when it is imported, which is after this file.
for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

MULTIPROC = "PROMETHEUS_MULTIPROC_DIR"
OWN = "backcheck-metrics-"
KINDS = ("counter", "histogram")
RESERVED_BYTES = 256 * 1024  # every route, status and bucket, twice over


def in_memory() -> str | None:
    """A folder in memory, where a read-only root does not matter; None: the system's own choice."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def folder_for_counters() -> str | None:
    """The one that is asked for, or a new one; None where nothing can be written."""
    try:
        if MULTIPROC in os.environ:
            Path(os.environ[MULTIPROC]).mkdir(parents=True, exist_ok=True)
        else:
            os.environ[MULTIPROC] = tempfile.mkdtemp(prefix=OWN, dir=in_memory())
    except OSError:
        return None
    return os.environ[MULTIPROC]


# Where the workers' counters meet. prometheus_client reads this when it is imported. Without a
# place to write, each worker counts for itself: numbers are not worth an outage.
if folder_for_counters() is None:
    os.environ.pop(MULTIPROC, None)

bind = "127.0.0.1:8000"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# gthread, but a request has arrived before it takes a thread; service.turns lets few compute.
worker_class = "service.worker.PatientWorker"
threads = 32
# Less than what a worker gathers of a request, so that no head leaves a thread waiting.
limit_request_fields = 48
limit_request_field_size = 4096
# Loaded once and shared; no thread is started and nothing is opened before the fork.
preload_app = True
# This bounds a worker that no longer answers at all, not a request.
timeout = 60
graceful_timeout = 30
keepalive = 5
# A worker is replaced now and then, and not all at once, so that no leak grows for ever.
max_requests = 100_000
max_requests_jitter = 10_000
# Heartbeats in memory too, for the same reason.
worker_tmp_dir = in_memory()
# It would be written under the home folder, which may be read-only.
control_socket_disable = True
# Off unless asked for (--access-logfile -, or BACKCHECK_LOG_REQUESTS for lines of JSON).
accesslog = None
errorlog = "-"


def post_fork(server: Any, worker: Any) -> None:
    """Room for the worker's counters, before it counts: a full disk would end it in the middle."""
    if MULTIPROC in os.environ and not reserve(Path(os.environ[MULTIPROC]), os.getpid()):
        worker.log.warning("no room for metrics in %s: they are off", os.environ[MULTIPROC])
        if metrics := worker.app.wsgi().extensions.get("metrics"):
            metrics.stop()


def reserve(folder: Path, pid: int) -> bool:
    """Blocks for the files that prometheus_client maps into memory; False if there are none."""
    for kind in KINDS:
        path = folder / f"{kind}_{pid}.db"
        try:
            with path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, RESERVED_BYTES)
        except OSError:
            path.unlink(missing_ok=True)
            return False
    return True


def post_worker_init(worker: Any) -> None:
    """Jobs that an earlier worker left are gone on with, in a thread, if there are any."""
    if jobs := worker.app.wsgi().extensions.get("jobs"):
        jobs.resume()


def child_exit(server: Any, worker: Any) -> None:
    """A worker has ended: what it counted is kept in one file for all that ended."""
    if MULTIPROC in os.environ:
        for kind in KINDS:
            add_up(Path(os.environ[MULTIPROC]), kind, worker.pid)


def add_up(folder: Path, kind: str, pid: int) -> None:
    """Add a worker's counters to those of the workers before it, and remove its file."""
    from prometheus_client.mmap_dict import MmapedDict

    path = folder / f"{kind}_{pid}.db"
    if not path.exists():
        return
    ended = MmapedDict(str(folder / f"{kind}_ended.db"))
    for key, value, timestamp, _ in MmapedDict.read_all_values_from_file(str(path)):
        ended.write_value(key, ended.read_value(key)[0] + value, timestamp)
    ended.close()
    path.unlink()


def on_exit(server: Any) -> None:
    """Leave nothing behind."""
    folder = Path(os.environ.get(MULTIPROC, ""))
    if folder.name.startswith(OWN):
        shutil.rmtree(folder, ignore_errors=True)
