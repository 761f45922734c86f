"""Every format gives back what it was given, whatever the text holds."""

from __future__ import annotations

import csv
import io
import json
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import av
import pysubs2
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from caption_boundaries.errors import InputError, UsageError
from caption_boundaries.export.cues import Cue
from caption_boundaries.export.formats import FORMATS, format_named, format_of
from caption_boundaries.export.text import tidy_text
from caption_boundaries.export.timing import on_grid
from caption_boundaries.types import FrameRange

ALL = pytest.mark.parametrize("name", FORMATS)
TOLERANCE = dict.fromkeys(FORMATS, 0.001) | {"ass": 0.01}
NASTY_TEXTS = [
    "Tom & Jerry < Spike > Butch",
    "<i>no italics</i>",
    "{\\an8}on top? {b}",
    "a --> b ---> c",
    "00:00:01,000 --> 00:00:02,000",
    "42",
    "1\n2\n3",
    "AT&amp;T &lt; &nbsp; &#65;",
    "path\\name\\N\\n\\h\\{x\\}\\",
    "- Who?\n- Me.",
    "=SUM(A1:A9)",
    "'=quoted",
    "'+-'",
    "@home",
    "＝1+1",
    'say "hi", then; go\t!',
    "WEBVTT",
    "NOTE this",
    "Dialogue: 0,0:00:00.00",
    "你好 世界\n再见～",
    "]]> <!-- --> <?x?>",
    "two  spaces",
    "👩‍👩‍👧 می‌خواهم",
    "[Events]",
    "; no comment",
]

texts = st.one_of(
    st.sampled_from(NASTY_TEXTS),
    st.text(max_size=30),
    st.text(alphabet="<>&{}\\-=+@'\"; \n\tNnhix/!:,09#ab", max_size=20),
)
durations = st.floats(min_value=1 / 60, max_value=500)
pauses = st.one_of(st.just(0.0), st.floats(min_value=1 / 60, max_value=2000))


@st.composite
def cue_lists(draw: st.DrawFn) -> list[Cue]:
    """Cues one after another, as captions are, each at least a sixtieth of a second long."""
    cues, now = [], draw(st.floats(min_value=0, max_value=40_000))
    for _ in range(draw(st.integers(0, 6))):
        start = now + draw(pauses)
        now = start + draw(durations)
        cues.append(Cue(start, now, draw(texts)))
    return cues


@ALL
@given(cues=cue_lists())
def test_round_trip_keeps_times_and_texts(name: str, cues: list[Cue]) -> None:
    read = FORMATS[name].decode(FORMATS[name].encode(cues))
    expected = [cue for cue in cues if tidy_text(cue.text)]
    assert [cue.text for cue in read] == [tidy_text(cue.text) for cue in expected]
    for got, given_ in zip(read, expected, strict=True):
        assert got.start == pytest.approx(given_.start, abs=TOLERANCE[name] + 2e-6)
        assert got.end == pytest.approx(given_.end, abs=TOLERANCE[name] + 2e-6)


@ALL
@given(cues=cue_lists())
def test_writing_again_what_was_read_changes_nothing(name: str, cues: list[Cue]) -> None:
    known = FORMATS[name]
    once = known.write(cues)
    assert known.write(known.read(once)) == once


@ALL
@pytest.mark.parametrize("text", NASTY_TEXTS)
def test_markup_in_the_text_survives(name: str, text: str) -> None:
    read = FORMATS[name].decode(FORMATS[name].encode([Cue(1.0, 2.0, text), Cue(2.0, 3.0, "next")]))
    assert [cue.text for cue in read] == [tidy_text(text), "next"]


@ALL
def test_files_are_utf8_with_plain_line_ends(name: str) -> None:
    data = FORMATS[name].encode([Cue(0, 1, "你\r\n好"), Cue(1, 2, "\ufeffo\x00\ud800k\x85")])
    text = data.decode("utf-8")
    assert "\r" not in text
    assert not text.startswith("\ufeff")
    assert [cue.text for cue in FORMATS[name].decode(data)] == ["你\n好", "ok"]


@ALL
def test_no_cues_is_a_legal_file(name: str) -> None:
    assert FORMATS[name].decode(FORMATS[name].encode([])) == []
    assert FORMATS[name].decode(FORMATS[name].encode([Cue(0, 1, " \n\u200b")])) == []


@ALL
def test_times_beyond_ten_hours_are_kept(name: str) -> None:
    (cue,) = FORMATS[name].decode(FORMATS[name].encode([Cue(36_001.25, 90_000.5, "late")]))
    assert (cue.start, cue.end) == (36_001.25, 90_000.5)


@ALL
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_understood(name: str, encoding: str) -> None:
    text = FORMATS[name].write([Cue(1, 2, "é")])
    (cue,) = FORMATS[name].decode(text.encode(encoding))
    assert cue.text == "é"


@ALL
def test_windows_line_ends_are_understood(name: str) -> None:
    text = FORMATS[name].write([Cue(1, 2, "one"), Cue(3, 4, "two\nthree")])
    assert [cue.text for cue in FORMATS[name].read(text.replace("\n", "\r\n"))] == ["one", "two\nthree"]


@ALL
def test_bytes_that_are_no_text_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="UTF-8"):
        FORMATS[name].decode(b"\xb0\xa1\xff")


@pytest.mark.parametrize("name", ["csv", "json", "jsonl"])
def test_formats_for_programs_keep_everything(name: str) -> None:
    cue = Cue(1.25, 2.5, "hi", 7, FrameRange(12, 24), "confirmed", 0.5, 0.25)
    assert FORMATS[name].decode(FORMATS[name].encode([cue])) == [cue]


# Times ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ticks", [100, 1000, 1_000_000])
@given(
    spans=st.lists(st.tuples(st.floats(0, 100), st.floats(0, 3)), max_size=8),
    chain=st.booleans(),
)
@example(spans=[(1.0001, 0.0002), (0.0, 0.0001), (0.0, 0.0002)], chain=True)
def test_the_grid_has_no_empty_cues_and_no_new_overlaps(
    ticks: int, spans: list[tuple[float, float]], chain: bool
) -> None:
    cues, now = [], 0.0
    for start, duration in spans:
        start = now + start if chain else start
        cues.append(Cue(start, now := start + duration, "x"))
    placed = on_grid(cues, ticks)
    assert len(placed) == len(cues)
    assert all(cue.start < cue.end for cue in placed)
    if chain:
        assert all(one.end <= two.start for one, two in pairwise(placed))


@given(
    rate=st.sampled_from([23.976, 24, 25, 29.97, 50, 59.94]), first=st.integers(0, 200_000), count=st.integers(1, 99)
)
def test_times_are_exact_to_the_picture(rate: float, first: int, count: int) -> None:
    """A player that cuts picture times down to milliseconds shows the cue on exactly its pictures."""
    (cue,) = on_grid([Cue(first / rate, (first + count) / rate, "x")], 1000)
    start, end = round(cue.start * 1000), round(cue.end * 1000)
    shown = [
        picture
        for picture in range(max(0, first - 2), first + count + 2)
        if start <= int(picture / rate * 1000 + 1e-6) < end
    ]
    assert shown == list(range(first, first + count))


def test_cues_are_written_in_order_of_time() -> None:
    srt = FORMATS["srt"].write([Cue(5, 6, "b"), Cue(1, 2, "a")])
    assert srt == "1\n00:00:01,000 --> 00:00:02,000\na\n\n2\n00:00:05,000 --> 00:00:06,000\nb\n"


def test_overlaps_of_the_data_are_kept() -> None:
    placed = on_grid([Cue(1, 3, "a"), Cue(2, 4, "b"), Cue(2, 4, "c")], 1000)
    assert [(cue.start, cue.end) for cue in placed] == [(1, 3), (2, 4), (2, 4)]


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_times_that_are_no_numbers_are_refused(bad: float) -> None:
    with pytest.raises(InputError):
        FORMATS["srt"].write([Cue(1, bad, "x")])


# What other programs see ----------------------------------------------------------------------------------------------


def test_webvtt_document() -> None:
    assert FORMATS["vtt"].write([Cue(3661.5, 3662.25, "a < b\n&c -->")]) == (
        "WEBVTT\n\n1\n01:01:01.500 --> 01:01:02.250\na &lt; b\n&amp;c --&gt;\n"
    )


def test_ttml_is_well_formed_and_has_what_the_standard_asks_for() -> None:
    root = ET.fromstring(FORMATS["ttml"].write([Cue(1, 2, "a & b\nc"), Cue(2, 3, "d")]))
    assert root.tag == "{http://www.w3.org/ns/ttml}tt"
    assert "{http://www.w3.org/XML/1998/namespace}lang" in root.attrib
    paragraphs = list(root.iter("{http://www.w3.org/ns/ttml}p"))
    assert [p.get("{http://www.w3.org/XML/1998/namespace}id") for p in paragraphs] == ["c1", "c2"]
    assert ["".join(p.itertext()) for p in paragraphs] == ["a & bc", "d"]
    assert paragraphs[0].find("{http://www.w3.org/ns/ttml}br") is not None


@pytest.mark.parametrize("name", ["srt", "vtt", "ass", "ttml"])
def test_another_library_reads_the_same(name: str) -> None:
    cues = [Cue(1, 2.5, "Hello, world!\n你好"), Cue(2.5, 4, "- Yes.\n- No.")]
    script = pysubs2.SSAFile.from_string(FORMATS[name].write(cues), format_=name)
    assert [(e.start, e.end, e.plaintext) for e in script] == [
        (1000, 2500, "Hello, world!\n你好"),
        (2500, 4000, "- Yes.\n- No."),
    ]


@given(text=texts)
def test_no_cell_of_the_csv_runs_in_a_spreadsheet(text: str) -> None:
    assume(tidy_text(text))
    rows = list(csv.reader(io.StringIO(FORMATS["csv"].write([Cue(1, 2, text)]), newline="")))
    assert not any(cell.startswith(tuple("=+-@\t\r＝＋－＠")) for row in rows for cell in row)


def test_json_is_for_people_too() -> None:
    document = json.loads(text := FORMATS["json"].write([Cue(1 / 24, 2, "你好", frames=FrameRange(0, 19))]))
    assert "你好" in text
    assert document["captions"][0]["start_seconds"] == 0.041666
    assert document["captions"][0]["end_frame_index"] == 19


# Files of others ------------------------------------------------------------------------------------------------------

FOREIGN = {
    "srt without numbers": ("srt", "0:00:01.5 --> 0:00:02,5 X1:40\n<i>hi</i> {\\an8}there\n", [(1.5, 2.5, "hi there")]),
    "srt with blank lines inside": (
        "srt",
        "\n\n1\n00:00:01,000 --> 00:00:02,000\na\n\nb\n2\n\n3\n00:00:03,000 --> 00:00:04,000\n\n",
        [(1, 2, "a\nb\n2"), (3, 4, "")],
    ),
    "vtt with everything": (
        "vtt",
        "WEBVTT - title\nX: y\n\nSTYLE\n::cue { color: red }\n\nNOTE\nremark\n\nid\n00:01.000 --> 00:02.000 line:0\n"
        "<v Ann><b>hi</b> &amp; <00:01.500>bye</v>\n\n100:00:00.000 --> 100:00:01.000\nlate",
        [(1, 2, "hi & bye"), (360_000, 360_001, "late")],
    ),
    "ass with overrides": (
        "ass",
        "[Script Info]\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
        "Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,no\n"
        "Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\i1}a{\\i0}, b\\Nc\\hd\n",
        [(1, 2.5, "a, b\nc d")],
    ),
    "ttml with nested times": (
        "ttml",
        '<?xml version="1.0" encoding="UTF-8"?><tt xmlns="http://www.w3.org/2006/10/ttaf1" '
        'xmlns:ttp="http://www.w3.org/ns/ttml#parameter" ttp:frameRate="25" ttp:tickRate="1000"><head/>'
        '<body begin="10s"><div begin="00:00:01:05"><!-- c --><p begin="500ms" dur="2s">\n  a '
        "<span>b<br/>c</span><metadata/>\n  d</p>"
        '<p begin="0.5m" end="31000t"/><p begin="25f" end="0.001h" xml:space="preserve">x  y</p></div></body></tt>',
        [(11.7, 13.7, "a b\nc d"), (41.2, 42.2, ""), (12.2, 14.8, "x  y")],
    ),
    "csv with the least": ("csv", 'text,end_seconds,start_seconds\n"a\nb",2,1\n', [(1, 2, "a\nb")]),
    "jsonl with the least": ("jsonl", '\n{"start_seconds": 1, "end_seconds": 2, "text": "a"}\n', [(1, 2, "a")]),
}


@pytest.mark.parametrize(("name", "text", "expected"), FOREIGN.values(), ids=FOREIGN)
def test_files_of_other_programs(name: str, text: str, expected: list[tuple[float, float, str]]) -> None:
    read = FORMATS[name].read(text)
    assert [cue.text for cue in read] == [text for _, _, text in expected]
    assert [cue.start for cue in read] == pytest.approx([start for start, _, _ in expected])
    assert [cue.end for cue in read] == pytest.approx([end for _, end, _ in expected])


BROKEN = {
    "srt: other text": ("srt", "hello", "no SubRip"),
    "srt: backwards": ("srt", "1\n00:00:02,000 --> 00:00:01,000\nx", "Line 2.*ends before"),
    "vtt: no header": ("vtt", "00:01.000 --> 00:02.000\nx", "no WebVTT"),
    "vtt: bad times": ("vtt", "WEBVTT\n\n1 --> 2\nx", "Line 3"),
    "vtt: backwards": ("vtt", "WEBVTT\n\n00:02.000 --> 00:01.000\nx", "ends before"),
    "ass: other text": ("ass", "hello", "no ASS"),
    "ass: bad time": ("ass", "[Events]\nDialogue: 0,x,0:00:01.00,Default,,0,0,0,,a", "cannot be read"),
    "ass: backwards": ("ass", "[Events]\nDialogue: 0,0:00:02.00,0:00:01.00,Default,,0,0,0,,a", "ends before"),
    "ttml: no xml": ("ttml", "hello", "no TTML"),
    "ttml: other xml": ("ttml", "<html/>", "root is <html>"),
    "ttml: entities": ("ttml", "<!DOCTYPE tt [<!ENTITY a 'b'>]><tt/>", "document type"),
    "ttml: bad time": ("ttml", "<tt><body><div><p begin='soon' end='1s'/></div></body></tt>", "'soon'"),
    "ttml: no end": ("ttml", "<tt><body><div><p begin='1s'/></div></body></tt>", "no end"),
    "ttml: backwards": ("ttml", "<tt><body><div><p begin='2s' end='1s'/></div></body></tt>", "ends before"),
    "ttml: bad rate": ("ttml", "<tt xmlns:p='p' p:frameRate='x'/>", "cannot be read"),
    "ttml: zero rate": ("ttml", "<tt xmlns:p='p' p:frameRate='0'/>", "above zero"),
    "csv: no columns": ("csv", "a,b\n1,2", "no column end_seconds, start_seconds, text"),
    "csv: no number": ("csv", "text,end_seconds,start_seconds\na,b,c", "Row 2.*no number"),
    "csv: too large": ("csv", "text,end_seconds,start_seconds\n" + "a" * 200_000, "cannot be read"),
    "json: no json": ("json", "{", "no JSON"),
    "json: too deep": ("json", "[" * 100_000, "nested|no JSON"),
    "json: no list": ("json", "[]", "no list"),
    "json: no object": ("json", '{"captions": [1]}', "Caption 1 is no object"),
    "json: no text": ("json", '{"captions": [{"start_seconds": 1, "end_seconds": 2}]}', "Caption 1 needs"),
    "jsonl: wrong type": ("jsonl", '{"start_seconds": "1", "end_seconds": 2, "text": "x"}', "Line 1: start_seconds"),
    "jsonl: bool": ("jsonl", '{"start_seconds": true, "end_seconds": 2, "text": "x"}', "Line 1: start_seconds"),
    "jsonl: not finite": ("jsonl", '{"start_seconds": 1, "end_seconds": Infinity, "text": "x"}', "0 <= start"),
    "jsonl: backwards": ("jsonl", '{"start_seconds": 2, "end_seconds": 1, "text": "x"}', "0 <= start"),
    "jsonl: frames": (
        "jsonl",
        '{"start_seconds": 1, "end_seconds": 2, "text": "x", "start_frame_index": 3, "end_frame_index": 2}',
        "frame indices",
    ),
    "jsonl: confidence": (
        "jsonl",
        '{"start_seconds": 1, "end_seconds": 2, "text": "x", "text_confidence": 2}',
        "from 0 to 1",
    ),
}


@pytest.mark.parametrize(("name", "text", "message"), BROKEN.values(), ids=BROKEN)
def test_broken_files_are_refused_with_a_reason(name: str, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        FORMATS[name].read(text)


@pytest.mark.parametrize("name", ["srt", "vtt", "ass", "ttml", "csv", "json", "jsonl"])
@given(text=st.one_of(st.text(max_size=200), st.text(alphabet='WEBVT\n0:1.,-> <tp/>"{}[]Events', max_size=60)))
def test_any_text_is_read_or_refused(name: str, text: str) -> None:
    try:
        FORMATS[name].read(text)
    except InputError:
        return


# The table ------------------------------------------------------------------------------------------------------------


@ALL
def test_formats_are_found_by_name_and_suffix(name: str) -> None:
    assert format_named(name.upper()) is FORMATS[name]
    assert format_of(Path(f"a.b{FORMATS[name].extension.upper()}")) is FORMATS[name]


@pytest.mark.parametrize("path", ["film", "film.txt", "film.srt.bak"])
def test_unknown_suffixes_name_the_known_ones(path: str) -> None:
    with pytest.raises(UsageError, match=r"\.srt, \.vtt, \.ass, \.ttml, \.csv, \.json, \.jsonl"):
        format_of(Path(path))
    with pytest.raises(UsageError, match="srt, vtt, ass, ttml, csv, json, jsonl"):
        format_named("docx")


@pytest.mark.parametrize("name", ["srt", "vtt", "ass"])
def test_players_that_use_ffmpeg_see_the_text_and_no_markup(name: str, tmp_path: Path) -> None:
    texts = [
        "Tom & Jerry < Spike",
        "<i>plain</i>",
        "a --> b",
        "AT&amp;T",
        "C:\\new\\Nights",
        "- Who?\n- Me.",
        "42",
        "你好",
    ]
    path = tmp_path / f"captions{FORMATS[name].extension}"
    path.write_bytes(FORMATS[name].encode([Cue(number, number + 0.5, text) for number, text in enumerate(texts, 1)]))
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(subtitles=0) if packet.size]
        seen = [subtitle.ass.decode().split(",", 8)[8] for packet in packets for subtitle in packet.decode()]
        times = [(packet.pts * packet.time_base, packet.duration * packet.time_base) for packet in packets]
    assert [text.replace("\\N", "\n").replace("\u2060", "") for text in seen] == texts
    assert times == [(number, 0.5) for number in range(1, len(texts) + 1)]
