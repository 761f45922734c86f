"""Pictures. The address names the version of the file, so browsers may keep them for good."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from caption_boundaries.web.context import VideoFolder, Web
from caption_boundaries.web.pictures import cropped_frame, full_frame, parse_region, picture_version, resized

router = APIRouter(prefix="/media/videos/{video_id}")

FrameIndex = Annotated[int, Path(ge=0, le=2**53)]
FOR_GOOD = "private, max-age=31536000, immutable"


@router.get("/full/{frame_index}.jpg")
def full(
    folder: VideoFolder, frame_index: FrameIndex, v: str, width: int | None = None, region: str | None = None
) -> Response:
    """Return the full frame at exactly this index, or a part of it."""
    picture = resized(full_frame(folder, frame_index), width, parse_region(region))
    return _picture(picture, kept=v == picture_version(folder, "video"))


@router.get("/crop/{frame_index}.jpg")
def crop(folder: VideoFolder, frame_index: FrameIndex, v: str, width: int | None = None) -> Response:
    """Return the caption region at exactly this index."""
    picture = resized(cropped_frame(folder, frame_index), width, None)
    return _picture(picture, kept=v == picture_version(folder, "cropping"))


@router.get("/source/{number}.jpg")
def source(folder: VideoFolder, number: FrameIndex, v: str, web: Web, width: int | None = None) -> Response:
    """Return the caption region of one picture of the video file, decoded now."""
    picture = resized(web.source_pictures.jpeg(web.caption_desks.of(folder), number), width, None)
    return _picture(picture, kept=v == picture_version(folder, "cropping"))


def _picture(data: bytes, *, kept: bool) -> Response:
    return Response(data, media_type="image/jpeg", headers={"cache-control": FOR_GOOD if kept else "no-store"})
