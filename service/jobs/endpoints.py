"""GET /v1/jobs and below: how far a job is, its answers, its report; DELETE cancels it."""

import re
import time
from collections.abc import Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any

from flask import Response, request
from marshmallow import ValidationError
from werkzeug.exceptions import Conflict, NotFound

from schemas.batches import JobSchema, JobsSchema, PageSchema, ResultsSchema
from schemas.problems import flatten
from schemas.reports import ReportSchema
from service.api import Blueprint
from service.errors import Refused
from service.jobs.extension import jobs
from service.jobs.owner import owner
from service.jobs.pages import (
    NDJSON,
    job_answer,
    joined_json,
    kept,
    lines_from,
    page_of,
    wants_ndjson,
)
from service.jobs.report import Report, report_of
from service.jobs.report_page import as_csv, as_page
from service.lane import depart
from service.turns import heavy_turn

blueprint = Blueprint("jobs", __name__, url_prefix="/v1", description="What became of batches")

LISTED_MAX = 100
LIGHT_ITEMS = 1000
"""More of them take longer than the twenty milliseconds that others may be kept waiting."""
PAGE = PageSchema()
JOB = re.compile("[0-9a-f]{32}")  # as `batches.job_name` makes them; no database sees any other


@blueprint.route("/jobs")
@blueprint.response(200, JobsSchema())
def list_jobs() -> Mapping[str, Any]:
    """Your jobs, newest first"""
    if not jobs().exist():
        return {"jobs": []}
    rows = jobs().store().listed(owner(), LISTED_MAX)
    return {"jobs": [job_answer(row) for row in rows if kept(row)]}


@blueprint.route("/jobs/<job>")
@blueprint.response(200, JobSchema())
def get_job(job: str) -> Mapping[str, Any]:
    """How far a job is"""
    row = found(job)
    if row.state == "running":
        jobs().dispatcher().wake()  # whoever brought it on may be gone
    return job_answer(row)


@blueprint.route("/jobs/<job>", methods=["DELETE"])
@blueprint.response(200, JobSchema())
@blueprint.alt_response(204, description="It had ended, and is forgotten.")
def delete_job(job: str) -> Mapping[str, Any] | Response:
    """Cancel a job, or forget one that has ended

    What is being computed ends with its piece, within a second or so; answers that are there stay
    until the job is deleted again, or expires.
    """
    row, here = found(job), jobs()
    if here.store().end(job, "cancelled", time.time(), here.kept_seconds):
        here.dispatcher().wake()
        return job_answer(found(job))
    here.store().forget(row.id)
    return Response(status=HTTPStatus.NO_CONTENT)


@blueprint.route("/jobs/<job>/results")
@blueprint.doc(
    parameters=[
        {"in": "query", "name": "from", "schema": {"type": "integer", "minimum": 0}},
        {"in": "query", "name": "limit", "schema": {"type": "integer", "minimum": 1}},
    ]
)
@blueprint.response(200, ResultsSchema())
def results(job: str) -> Response:
    """The answers that are there, in order

    A page of JSON, or with `Accept: application/x-ndjson` all of them in lines. They end before the
    first item that has no answer yet; ask again from there.
    """
    row, store, asked = found(job), jobs().store(), asked_page()
    if row.done > LIGHT_ITEMS:
        depart()
    first, most = asked["from"], asked["limit"]
    if wants_ndjson():
        every = lines_from(store, row.id, first)
        return Response(every if most is None else islice(every, most), content_type=NDJSON)
    page = page_of(lines_from(store, row.id, first), most or PAGE.default_limit)
    following = first + len(page)
    more = following < row.total or row.state == "receiving"
    address = f"/v1/jobs/{row.id}/results?from={following}"
    return joined_json(page, address if more else None, complete=not more)


@blueprint.route("/jobs/<job>/report")
@blueprint.response(200, ReportSchema())
def report(job: str) -> Mapping[str, Any]:
    """Which mistakes a class makes: how often, and which equation fails first"""
    return vars(reported(job))


@blueprint.route("/jobs/<job>/report.csv")
@blueprint.response(200, description="A row for each item", content_type="text/csv")
def report_csv(job: str) -> Response:
    """The same as a table, a row for each item"""
    row = found(job)
    if row.done > LIGHT_ITEMS:
        depart()  # a stream takes no turn, which whoever reads it slowly would keep
    return Response(as_csv(lines_from(jobs().store(), row.id, 0)), content_type="text/csv")


@blueprint.route("/jobs/<job>/report.html")
@blueprint.response(200, description="A page with a picture", content_type="text/html")
def report_html(job: str) -> Response:
    """The same as a page with a picture"""
    return Response(as_page(found(job), reported(job)), content_type="text/html; charset=utf-8")


def reported(job: str) -> Report:
    """The report on the answers that are there. Raises 409 for other kinds of jobs."""
    row = found(job)
    if row.kind != "verifications":
        raise Conflict(f"a report is made of verifications; this is a job of {row.kind}")
    if row.done > LIGHT_ITEMS:
        heavy_turn()
    return report_of(lines_from(jobs().store(), row.id, 0), row.total)


def found(job: str) -> Any:
    """The caller's job. Raises 404 where there is none, or it is somebody else's."""
    known = JOB.fullmatch(job) is not None and jobs().exist()
    row = jobs().store().find(job, owner()) if known else None
    if row is None or not kept(row):
        raise NotFound("you have no job of this name; it may have expired")
    return row


def asked_page() -> Mapping[str, Any]:
    """Where a page of results begins and how long it is. Raises Refused."""
    try:
        page: Mapping[str, Any] = PAGE.load(request.args)
    except ValidationError as error:
        raise Refused(flatten(error.messages)) from None
    return page
