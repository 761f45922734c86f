"""The bundled engine: the PP-OCRv6 models of the rapidocr package, run on one thread by ONNX Runtime.

The models lie inside the package, so nothing is ever downloaded. They are run here and not through the package's own
pipeline, whose import alone takes longer than reading twenty captions, and which enlarges wide strips and turns
two-line captions upside down unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib.metadata import version as package_version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from caption_boundaries.errors import RecognitionError
from caption_boundaries.recognition.engine import WHOLE_PICTURE, Setting, as_rgb
from caption_boundaries.recognition.line_decoding import Reading, decode, reader_input
from caption_boundaries.recognition.reading_order import in_reading_order, line_groups, union_of
from caption_boundaries.recognition.text_detection import DetectionSettings, input_size, network_input, text_spots
from caption_boundaries.types import Box, GrayImage, RgbImage, TextLine

DETECTION_MODEL = "PP-OCRv6_det_small.onnx"
READING_MODEL = "PP-OCRv6_rec_small.onnx"
_TALL = 1.5


@dataclass(frozen=True, slots=True)
class RapidSettings:
    """Every setting that can change what is read."""

    detection: DetectionSettings = field(default_factory=DetectionSettings)
    min_confidence: float = 0.5
    """Lines below this are no text."""
    margin: float = 0.1
    """Added left and right of a line before it is read, in line heights."""
    stretch: float = 1.3
    """By how much a line is widened before it is read."""


class RapidEngine:
    """Reads Chinese, English and other Latin text; models are loaded when it first reads.

    Args:
        settings: The defaults suit frames and caption strips alike.
        models: Folder of the two models; None means those of the rapidocr package.
    """

    name = "rapidocr"

    def __init__(self, settings: RapidSettings | None = None, *, models: Path | None = None) -> None:
        self._settings = settings or RapidSettings()
        self._models = model_folder() if models is None else checked_folder(models)

    @property
    def version(self) -> str:
        """Version of the package that holds the models, and the models' name."""
        return f"{package_version('rapidocr')} (PP-OCRv6 small)"

    def settings(self) -> Mapping[str, Setting]:
        """Return every setting that can change what is read."""
        values = asdict(self._settings)
        detection = values.pop("detection")
        return {**{f"detection.{key}": value for key, value in detection.items()}, **values}

    def read(self, image: RgbImage | GrayImage) -> list[TextLine]:
        """Return the text lines of ``image`` in reading order; fragments of one row are read as one line."""
        rgb = as_rgb(image)
        lines = (self.read_box(rgb, box) for box in self.find(rgb))
        return in_reading_order([line for line in lines if line is not None])

    def read_line(self, image: RgbImage | GrayImage) -> TextLine | None:
        """Return the line that fills ``image``, or None when there is none."""
        reading = self._read(as_rgb(image))
        if not reading.text or reading.confidence < self._settings.min_confidence:
            return None
        return TextLine(WHOLE_PICTURE, reading.text, reading.confidence)

    def read_lines(self, images: Sequence[RgbImage | GrayImage]) -> list[TextLine | None]:
        """Return what :meth:`read_line` says of every picture."""
        return [self.read_line(image) for image in images]

    def find(self, image: RgbImage | GrayImage) -> list[Box]:
        """Return the boxes of the lines in a picture."""
        rgb = as_rgb(image)
        height, width = rgb.shape[:2]
        settings = self._settings.detection
        size = input_size(width, height, settings)
        spots = text_spots(self._run(self._detector, network_input(rgb, size))[0, 0], settings)
        groups = line_groups([spot.box for spot in spots], aspect=width / height)
        lines = [[spots[index] for index in group] for group in groups]
        return [
            union_of(spot.box for spot in line)
            for line in lines
            if max(spot.score for spot in line) >= settings.line_threshold
        ]

    def read_box(self, image: RgbImage | GrayImage, box: Box) -> TextLine | None:
        """Return the line in a box, or None; a box that is taller than wide is also read turned by a quarter."""
        rgb = as_rgb(image)
        height, width = rgb.shape[:2]
        margin = self._settings.margin * box.height * height / width
        pixels = Box(box.left - margin, box.top, box.right + margin, box.bottom).to_pixels(width, height)
        line = rgb[pixels.top : pixels.bottom, pixels.left : pixels.right]
        reading = self._read(line)
        if pixels.height >= _TALL * pixels.width:
            turned = self._read(np.ascontiguousarray(np.rot90(line)))
            reading = max(reading, turned, key=lambda one: one.confidence)
        if not reading.text or reading.confidence < self._settings.min_confidence:
            return None
        return TextLine(box, reading.text, reading.confidence)

    def _read(self, line: RgbImage) -> Reading:
        """Return what stands on the picture of one line."""
        probabilities = self._run(self._reader, reader_input(line, self._settings.stretch))
        return decode(probabilities[0], self._alphabet)

    def _run(self, session: onnxruntime.InferenceSession, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the first output of a model."""
        try:
            output: NDArray[np.float32] = session.run(None, {session.get_inputs()[0].name: tensor})[0]
        except Exception as error:
            raise RecognitionError(f"The OCR model failed on a picture: {error}") from error
        return output

    @cached_property
    def _detector(self) -> onnxruntime.InferenceSession:
        return _session(self._models / DETECTION_MODEL)

    @cached_property
    def _reader(self) -> onnxruntime.InferenceSession:
        return _session(self._models / READING_MODEL)

    @cached_property
    def _alphabet(self) -> list[str]:
        """The character of every class of the reader: blank, the model's own list, space."""
        listed = self._reader.get_modelmeta().custom_metadata_map["character"].splitlines()
        return ["", *listed, " "]


def model_folder(package: str = "rapidocr") -> Path:
    """Return the folder of the models inside ``package``, which is found but not imported.

    Raises:
        RecognitionError: The package is not installed, or holds other models.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise RecognitionError(f"The OCR engine {package} is not installed.", hint=f"Run `pip install {package}`.")
    return checked_folder(Path(spec.origin).parent / "models")


def checked_folder(folder: Path) -> Path:
    """Return ``folder`` when both models are in it.

    Raises:
        RecognitionError: One is missing.
    """
    missing = [name for name in (DETECTION_MODEL, READING_MODEL) if not (folder / name).is_file()]
    if missing:
        raise RecognitionError(
            f"The OCR models are incomplete: {' and '.join(missing)} is missing in {folder}.",
            hint="Run `pip install --force-reinstall 'rapidocr>=3.10'`.",
        )
    return folder


def _session(model: Path) -> onnxruntime.InferenceSession:
    """Return a model ready to run on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # Pictures differ in size, so a plan of the memory of one helps the next nothing: measured 10 % faster without.
    options.enable_mem_pattern = False
    try:
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise RecognitionError(
            f"The OCR model {model.name} cannot be loaded: {error}",
            hint="Run `pip install --force-reinstall rapidocr`.",
        ) from error
