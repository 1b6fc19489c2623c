"""Batches and heavy checks: what does not fit into one request, on Dask.

    batches, pages   the endpoints: POST /v1/batches, /v1/jobs
    reading          bodies that are too long to hold: NDJSON in, block by block
    store            SQLAlchemy: jobs, their blocks and parts, nothing lost
    answering        one item, as if it had been sent alone
    checking         a finite-difference check in chunks of its plan
    tasks            what a Dask worker runs: pure functions of bytes
    dispatcher       blocks to Dask and answers to the store, by whoever holds the lease
    cluster, connect the scheduler: our own, started with the first job, or yours by address
    report           which mistakes a class makes

Nothing of Dask or SQLAlchemy is imported before the first job.
"""
