"""The documentation says what is so: its commands run, its links lead somewhere, its tables are complete."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from caption_boundaries.cli.main import app, run
from caption_boundaries.database.schema import DATABASES
from caption_boundaries.errors import CaptionBoundariesError
from caption_boundaries.export.formats import FORMATS
from support.clips import Clip

REPOSITORY = Path(__file__).resolve().parents[1]
PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
RUN_HERE = ("README.md", "docs/guide.md")
"""Pages whose commands are run here; the pages of other parts are run by the tests of those parts."""
BLOCK = re.compile(r"```bash\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")
NEEDS_MORE = {"--engine tesseract": "needs the tesseract extra and its language data"}


def commands(page: str) -> list[str]:
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    lines = [line.strip() for block in BLOCK.findall(text) for line in block.splitlines()]
    return [line for line in lines if line.startswith("caption-boundaries ")]


def shown() -> list[str]:
    """Return the commands of all pages in order, each once."""
    return list(dict.fromkeys(line for page in RUN_HERE for line in commands(page)))


def test_every_command_shown_runs(clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(clip.path, tmp_path / "film.mp4")
    ran = []
    for line in shown():
        if any(words in line for words in NEEDS_MORE):
            continue
        assert run(shlex.split(line)[1:]) == 0, line
        ran.append(line)
    assert len(ran) >= 8
    assert (tmp_path / "film.srt").read_text().strip()


def parse(words: list[str]) -> None:
    """Let the command line understand a command without running it."""
    command = get_command(app)
    while isinstance(command, TyperGroup):
        command = command.commands[words.pop(0)]
    command.make_context(command.name, words)


def test_a_command_that_does_not_exist_is_not_understood() -> None:
    with pytest.raises(KeyError):
        parse(["extracts", "film.mp4"])
    with pytest.raises(Exception, match="No such option"):
        parse(["extract", "film.mp4", "--quickly"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_command_on_every_page_is_understood(page: Path) -> None:
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    for block in BLOCK.findall(text):
        for line in block.splitlines():
            if line.strip().startswith("caption-boundaries "):
                parse(shlex.split(line, comments=True)[1:])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    targets = [target for target, _ in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_guide_names_every_command_database_and_format() -> None:
    guide = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    command_names = [name for name, command in get_command(app).commands.items() if not command.hidden]
    for word in [*command_names, *(spec.filename for spec in DATABASES), *(f".{name}" for name in FORMATS)]:
        assert word in guide, f"the documentation does not mention {word}"


def exit_codes(error: type[CaptionBoundariesError]) -> set[int]:
    return {error.exit_code}.union(*(exit_codes(child) for child in error.__subclasses__()))


def test_the_guide_explains_every_exit_code() -> None:
    guide = (REPOSITORY / "docs" / "guide.md").read_text(encoding="utf-8")
    table = set(map(int, re.findall(r"^\| (\d+) \|", guide, re.MULTILINE)))
    assert exit_codes(CaptionBoundariesError) - {1} <= table


def test_every_command_has_an_example() -> None:
    for name, command in get_command(app).commands.items():
        assert command.hidden or "Example" in (command.help or ""), f"{name} --help shows no example"


def test_the_readme_shows_the_two_commands() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert "make demo" in readme
    assert "make test" in readme
