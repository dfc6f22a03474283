"""A job that is under way in this process, as a worker has it."""

from core.jobs.context import Context
from core.jobs.store import JobStore


def claimed(workspace, kind):
    jobs = JobStore(workspace)
    job, _ = jobs.add(kind, {})
    jobs.claim(job.id, 1)
    workspace.job(job.id).mkdir(parents=True)
    return Context(workspace, job.id, jobs)
