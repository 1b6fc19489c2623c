"""gunicorn's settings: `gunicorn --config service/gunicorn.conf.py 'service:create_app()'`.

The command line wins over what is set here.
"""

import os

# Workers are the parallelism; BLAS threads on top of them get in each other's way. numpy reads
# these when it is imported, which is after this file.
for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

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
# For gthread this bounds a worker that no longer answers at all, not a request.
timeout = 60
graceful_timeout = 30
keepalive = 5
# A worker is replaced now and then, and not all at once, so that no leak grows for ever.
max_requests = 10_000
max_requests_jitter = 1_000
# It would be written under the home folder, which may be read-only.
control_socket_disable = True
# Off unless asked for (--access-logfile -): no trace of callers on disk.
accesslog = None
errorlog = "-"
