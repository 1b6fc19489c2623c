"""GET /jobs/…: a page that follows a job."""

from flask import Blueprint, Response, current_app

blueprint = Blueprint("job_page", __name__)


@blueprint.get("/jobs/<job>")
def job_page(job: str) -> Response:
    """The page; it asks for the job itself, and is told if there is none."""
    del job
    return current_app.send_static_file("job.html")
