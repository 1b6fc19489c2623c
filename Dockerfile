# Both stages share BASE: the virtual environment points to its interpreter.
ARG BASE=python:3.11-slim

FROM ${BASE} AS build
WORKDIR /app
# `extras` adds Redis, PostgreSQL and OpenTelemetry.
ARG REQUIREMENTS=service
COPY requirements/service.txt requirements/extras.txt requirements/
# An image never changes, so it has no use for pip; the tests of scipy and numpy are a third of it.
RUN python3 -m venv /opt/venv \
    && /opt/venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
        --require-hashes --no-deps --requirement "requirements/${REQUIREMENTS}.txt" \
    && /opt/venv/bin/python -m pip uninstall --yes pip setuptools \
    && find /opt/venv -type d -name tests -prune -exec rm -r {} + \
    && rm -r requirements
COPY LICENSE ./
COPY core core
COPY schemas schemas
COPY service service
COPY clients clients
# Bytecode now, since a read-only container can never write it; a service that cannot start is no image.
# The client is there too, as a command that needs no server: docker run -i IMAGE backcheck verify …
RUN /opt/venv/bin/python -m compileall -q core schemas service clients/python/src \
    && /opt/venv/bin/python -c "import service; service.create_app()" \
    && echo /app/clients/python/src \
        > "$(/opt/venv/bin/python -c 'import site; print(site.getsitepackages()[0])')/backcheck.pth" \
    && printf '#!/bin/sh\nexec python -m backcheck "$@"\n' > /opt/venv/bin/backcheck \
    && chmod +x /opt/venv/bin/backcheck \
    && /opt/venv/bin/python -m backcheck --version

FROM ${BASE}
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="backcheck" \
      org.opencontainers.image.description="Backpropagation, worked out and checked, over HTTP" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# Workers are the parallelism, so BLAS gets one thread in each.
ENV PATH="/opt/venv/bin:${PATH}" \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    OPENBLAS_NUM_THREADS=1 \
    OMP_NUM_THREADS=1 \
    WEB_CONCURRENCY=2
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
# Where a volume for the store of jobs may go (docs/batches.md): a new one belongs to whom this does.
RUN mkdir /data && chown 10001:10001 /data
# A number, so that Kubernetes can see that it is not root; nothing else belongs to it.
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s --retries=3 \
    CMD ["python", "-c", "from http.client import HTTPConnection as C; c = C('127.0.0.1', 8000, timeout=2); c.request('GET', '/livez'); raise SystemExit(c.getresponse().status != 200)"]
# Heartbeats in memory and no control socket: the root filesystem may be read-only.
CMD ["python", "-m", "gunicorn", "--config", "service/gunicorn.conf.py", \
     "--bind", "0.0.0.0:8000", "--worker-tmp-dir", "/dev/shm", "--no-control-socket", \
     "service:create_app()"]
