"""The list of videos: what there is, how far each is, and running what is missing."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from caption_boundaries.database.old_form import refuse_old_folder
from caption_boundaries.errors import UsageError
from caption_boundaries.freshness import step_states
from caption_boundaries.web.context import VideoFolder, Web
from caption_boundaries.web.models import Added, JobInfo, RunBody, VideoList, VideoSummary
from caption_boundaries.web.summaries import job_info, video_entry
from caption_boundaries.web.uploads import take_in

router = APIRouter(prefix="/api/v1")


@router.get("/videos")
def videos(web: Web) -> VideoList:
    """Return every video of the data root."""
    entries = [video_entry(video_id, folder) for video_id, folder in web.registry.all().items()]
    return VideoList(videos=sorted(entries, key=lambda entry: entry.name.lower()), data=web.registry.root.name)


@router.get("/videos/{video_id}")
def video(video_id: str, folder: VideoFolder, web: Web) -> VideoSummary:
    """Return how far a video is."""
    return web.summaries.of(video_id, folder, web.jobs.get(video_id))


@router.post("/videos/{video_id}/run")
def run(video_id: str, body: RunBody, folder: VideoFolder, web: Web) -> JobInfo:
    """Run steps in the background: those named, else every one that is missing or stale."""
    refuse_old_folder(folder)
    states = step_states(folder)
    unknown = set(body.steps) - states.keys()
    if unknown:
        raise UsageError(f"There is no step {min(unknown)}.", hint=f"The steps are {', '.join(states)}.")
    wanted = body.steps or [name for name, state in states.items() if not state.done]
    job = job_info(web.jobs.start(video_id, folder, [name for name in states if name in wanted]))
    assert job is not None
    return job


@router.post("/videos/{video_id}/stop")
def stop(video_id: str, folder: VideoFolder, web: Web) -> Response:
    """Stop what runs in the background; steps that are through stay."""
    web.jobs.stop(video_id)
    return Response(status_code=204)


@router.post("/uploads")
async def upload(request: Request, name: str, web: Web) -> Added:
    """Take in a video file, sent as the body, and begin with its steps."""
    folder, known = await take_in(request.stream(), name, web.registry.root)
    video_id = web.registry.id_of(folder)
    if not known:
        web.jobs.start(video_id, folder, list(step_states(folder)))
    return Added(id=video_id, known=known)
