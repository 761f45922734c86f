"""The caption tool in a real browser: text, the queue, many captions at once, files."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from support.browser import until, watched_page
from support.caption_browser import CaptionPage, caption_at
from support.caption_data import captions_of
from support.live_server import LiveServer


@pytest.fixture
def tool(caption_page: CaptionPage) -> CaptionPage:
    """The caption tool with a film of the test's own."""
    return caption_page


class TestText:
    def test_enter_in_the_field_confirms_and_goes_on_and_shift_enter_breaks_the_line(
        self, tool: CaptionPage, film: Path
    ):
        tool.select("Over there.")
        tool.write("Over")
        tool.press("Shift+Enter")
        tool.page.keyboard.type("there")
        tool.press("Enter")
        tool.wait("s.rows.find((r) => r.id === s.current).ocr === 'I cannot see it'")
        until(tool.page, "document.activeElement.id === 'text'")
        assert tool.page.locator("#text").input_value() == "I cannot see it"
        tool.saved()
        row = caption_at(film, 90)
        assert (row.text, row.text_status, row.boundary_state) == ("Over\nthere", "confirmed", "confirmed")

    def test_keys_are_letters_in_the_field_and_composing_confirms_nothing(self, tool: CaptionPage, film: Path):
        tool.select("Over there.")
        tool.write("asdf[]gbm?")
        tool.page.locator("#text").evaluate(
            "(field) => field.dispatchEvent(new KeyboardEvent('keydown',"
            " {key: 'Enter', bubbles: true, cancelable: true, isComposing: true}))"
        )
        assert tool.page.locator("#text").input_value() == "asdf[]gbm?"
        tool.press("Control+a")
        selected = "document.activeElement.selectionEnd - document.activeElement.selectionStart"
        assert tool.page.evaluate(selected) == 10, "Ctrl+A selects text"
        tool.press("Escape")
        tool.saved()
        assert caption_at(film, 90).boundary_state == "predicted"
        assert caption_at(film, 90).text == "asdf[]gbm?"

    def test_a_text_that_was_taken_back_is_no_reading(self, tool: CaptionPage):
        tool.select("Over there.")
        tool.write("Not there.")
        tool.press("Escape")
        tool.saved()
        tool.wait("s.readings?.id === s.current")
        tool.press("Control+z")
        tool.wait("s.canRedo")
        tool.saved()
        tool.write("Uver there.")
        tool.press("Escape", "Alt+ArrowDown")
        tool.wait("s.draft?.text === 'Over there.'")

    def test_what_was_typed_is_saved_when_another_caption_is_chosen(self, tool: CaptionPage, film: Path):
        tool.select("Over there.")
        tool.write("Not there.")
        tool.page.locator(".caption", has_text="I cannot see it").click()
        tool.saved()
        assert caption_at(film, 90).text == "Not there."

    def test_readings_are_offered_and_their_doubts_marked(self, tool: CaptionPage):
        answer = {
            "candidates": [
                {"text": "Over there.", "source": "combined", "frames": [90, 95], "confidence": 0.9}
                | {"agreement": [1.0] * 11, "marks": "aaaadaaaaan"},
                {"text": "Oven there", "source": "frames", "frames": [99], "confidence": 0.5}
                | {"agreement": [None] * 10, "marks": ""},
            ],
            "stale": True,
        }
        tool.page.route("**/candidates", lambda route: route.fulfill(json=answer))
        tool.select("Over there.")
        tool.page.locator(".marks mark.n").wait_for()
        assert tool.page.locator(".marks mark.d").inner_text().strip() == ""  # the space after "Over"
        tool.page.get_by_text("read from other frames").wait_for()
        tool.page.get_by_role("button", name="Oven there").click()
        until(tool.page, "document.getElementById('text').value === 'Oven there'")

    def test_status_and_notes(self, tool: CaptionPage, film: Path):
        tool.select("Over there.")
        tool.page.locator("#status").select_option("text_unclear")
        tool.page.get_by_label("Notes").fill("hard to read")
        tool.press("Escape")
        tool.saved()
        row = caption_at(film, 90)
        assert (row.text_status, row.text_notes) == ("text_unclear", "hard to read")
        assert "✎" in tool.page.locator(".caption.current").inner_text()
        tool.page.get_by_role("button", name="! Issue").click()
        tool.page.get_by_role("button", name="Look again").click()
        tool.saved()
        assert (caption_at(film, 90).boundary_state, caption_at(film, 90).boundary_pending) == ("issue", 1)

    def test_enter_in_other_fields_confirms_nothing(self, tool: CaptionPage, film: Path):
        tool.select("Over there.")
        tool.page.get_by_label("Start frame").fill("88")
        tool.press("Enter")
        tool.saved()
        assert (caption_at(film, 90).start_frame_index, caption_at(film, 90).text_status) == (88, None)
        assert tool.row()["ocr"] == "Over there."
        tool.page.get_by_label("Order of the captions").focus()
        tool.press("Enter")
        tool.page.get_by_role("button", name="Menu").click()
        tool.page.get_by_label("Your name, for the history").focus()
        tool.press("Enter", "g", "Escape")
        tool.saved()
        assert caption_at(film, 90).text_status is None
        assert tool.row()["ocr"] == "Over there."

    def test_the_same_text_elsewhere_is_counted_and_shown(self, seen: CaptionPage):
        tool = seen
        tool.select("Good morning")
        tool.page.get_by_text("1 other caption reads the same").wait_for()
        tool.page.get_by_role("button", name="show", exact=True).click()
        until(tool.page, "document.querySelectorAll('.caption').length === 2")

    def test_the_text_review_is_completed(self, tool: CaptionPage):
        tool.page.get_by_role("button", name="Text review complete").click()
        tool.saved()
        tool.wait("s.review === 'complete'")


class TestQueue:
    def test_the_least_certain_come_first(self, tool: CaptionPage):
        tool.page.get_by_label("Order of the captions").select_option("uncertain")
        tool.wait("s.queue?.ids.length === 8")
        first = tool.page.locator(".caption").first
        assert "55 %" in first.inner_text()
        first.click()
        tool.focus()
        tool.press("Enter")
        tool.wait("s.rows.find((r) => r.id === s.current).sure < 0.6")
        tool.saved()

    def test_only_what_is_wanted_is_listed(self, seen: CaptionPage):
        wanted = seen.page.get_by_label("Which captions are shown")
        counts = {"open": 8, "pending": 0, "unconfirmed": 8, "gaps": 3, "short": 1, "long": 0, "imported": 0}
        for show, count in counts.items():
            wanted.select_option(show)
            seen.wait(f"s.show === {show!r} && s.queue?.ids.length === {count}")
            until(seen.page, f"document.querySelectorAll('.caption').length === {count}")
        wanted.select_option("all")
        until(seen.page, "document.querySelectorAll('.caption').length === 8")

    def test_a_pass_over_the_extents_alone(self, tool: CaptionPage, film: Path):
        tool.page.get_by_label("What Enter settles").select_option("extents")
        tool.select("Over there.")
        tool.press("Enter")
        tool.saved()
        assert (caption_at(film, 90).boundary_state, caption_at(film, 90).text_status) == ("confirmed", None)
        tool.page.get_by_label("What Enter settles").select_option("text")
        tool.select("Over there.")
        tool.press("Enter")
        tool.saved()
        assert caption_at(film, 90).text_status == "confirmed"

    def test_captions_are_found_by_their_text(self, seen: CaptionPage):
        tool = seen
        tool.press("/")
        tool.page.keyboard.type("rabbit")
        until(tool.page, "document.querySelectorAll('.caption').length === 1")
        tool.press("Enter")
        tool.page.locator("#search").fill("")
        assert tool.state("s.save.state") == "saved", "Enter in the search confirms nothing"

    def test_the_list_says_what_the_canvases_show(self, seen: CaptionPage):
        tool = seen
        tool.select("Over there.")
        box = tool.page.get_by_role("listbox", name="Captions")
        active = box.get_attribute("aria-activedescendant")
        option = tool.page.locator(f"#{active}")
        label = option.get_attribute("aria-label") or ""
        assert label == "0:08.5, 2.5 seconds, Over there., predicted"
        assert option.get_attribute("aria-posinset") == "3"


class TestBulk:
    def test_search_and_replace_changes_what_is_ticked_in_one_step(self, tool: CaptionPage, film: Path):
        tool.more("Search and replace")
        dialog = tool.dialog("Search and replace")
        dialog.get_by_label("Search for").fill("good morning")
        dialog.get_by_label("Replace with").fill("Good evening")
        dialog.locator("li b", has_text="Good evening").nth(1).wait_for()
        assert dialog.locator("li").count() == 2
        until(tool.page, "[...document.querySelectorAll('.hits img')].every((image) => image.naturalWidth > 0)")
        dialog.locator("li input").first.uncheck()
        dialog.get_by_text("2 captions, 1 ticked").wait_for()
        dialog.get_by_role("button", name="Replace ticked").click()
        tool.wait("s.rows.some((row) => row.text === 'Good evening')")
        tool.saved()
        assert [caption_at(film, frame).text for frame in (30, 250)] == ["Good morning", "Good evening"]
        tool.focus()
        tool.press("Control+z")
        tool.saved()
        assert caption_at(film, 250).text == "Good morning"

    def test_case_and_whole_words_matter_where_wanted(self, seen: CaptionPage):
        tool = seen
        tool.more("Search and replace")
        dialog = tool.dialog("Search and replace")
        dialog.get_by_label("Search for").fill("the")
        dialog.get_by_text("4 captions").wait_for()
        dialog.get_by_label("Whole words").check()
        dialog.get_by_text("3 captions").wait_for()
        dialog.get_by_label("Search for").fill("THE")
        dialog.get_by_text("3 captions").wait_for()
        dialog.get_by_label("Match case").check()
        dialog.get_by_text("0 captions").wait_for()
        dialog.get_by_role("button", name="Close").click()

    def test_captions_are_shifted(self, tool: CaptionPage, film: Path):
        tool.go(200)
        tool.more("Shift captions")
        dialog = tool.dialog("Shift captions")
        dialog.get_by_label("By how many frames").fill("3")
        dialog.get_by_label("Which captions").select_option("on")
        dialog.get_by_role("button", name="Shift").click()
        tool.wait("s.rows.some((row) => row.start === 243)")
        tool.saved()
        assert [caption_at(film, frame).start_frame_index for frame in (160, 200, 250)] == [150, 193, 243]

    def test_repeated_captions_are_merged(self, tool: CaptionPage, film: Path):
        tool.go(95)
        tool.press("b")
        tool.saved()
        tool.select("Over there.", 1) if tool.page.locator(".caption", has_text="Over there.").count() > 1 else None
        tool.more("Merge repeated captions")
        dialog = tool.page.locator("dialog[open]")
        dialog.get_by_role("button", name="Merge", exact=True).click()
        tool.wait("s.rows.some((row) => row.start === 85 && row.end === 109)")
        tool.saved()
        assert caption_at(film, 85).end_frame_index == 109


SRT = """1
00:00:02,000 --> 00:00:04,500
Good morning

2
00:00:08,500 --> 00:00:11,500
Over here!

3
00:00:27,500 --> 00:00:29,000
The end
"""


class TestFiles:
    def choose(self, tool: CaptionPage, name: str, content: str) -> None:
        with tool.page.expect_file_chooser() as chooser:
            tool.more("Import")
        chooser.value.set_files({"name": name, "mimeType": "text/plain", "buffer": content.encode()})

    def test_an_import_shows_the_differences_first(self, tool: CaptionPage, film: Path):
        before = captions_of(film)
        self.choose(tool, "corrected.srt", SRT)
        dialog = tool.dialog("Import: what would change")
        text = dialog.inner_text()
        assert "3 captions in the file: 1 as they are here, 1 new, 1 changed" in text
        assert all(words in text for words in ("Over here!", "The end", "not in the file", "0:04.5 – 0:07.0"))
        assert captions_of(film) == before, "looking changes nothing"
        ticks = dialog.locator("li input")
        assert [ticks.nth(i).is_checked() for i in range(ticks.count())].count(True) == 2
        dialog.get_by_role("button", name="Take over ticked").click()
        tool.wait("s.rows.some((row) => row.text === 'The end')")
        tool.saved()
        assert (caption_at(film, 90).text, caption_at(film, 90).end_frame_index) == ("Over here!", 114)
        assert caption_at(film, 160).text == "It ran into the forest", "what the file lacks stays"
        tool.focus()
        tool.press("Control+z")
        tool.saved()
        assert [(row.start_frame_index, row.text) for row in captions_of(film)] == [
            (row.start_frame_index, row.text) for row in before
        ]

    def test_nothing_is_taken_over_where_it_is_cancelled(self, tool: CaptionPage, film: Path):
        before = captions_of(film)
        self.choose(tool, "corrected.srt", SRT)
        dialog = tool.dialog("Import: what would change")
        dialog.get_by_role("button", name="None").click()
        dialog.get_by_text("0 of").wait_for()
        dialog.get_by_role("button", name="All").click()
        dialog.get_by_role("button", name="Cancel").click()
        assert captions_of(film) == before

    def test_what_is_no_subtitle_file_is_refused_in_words(self, context: BrowserContext, live: LiveServer, film: Path):
        with watched_page(context, live.origin, "400", "422") as page:
            tool = CaptionPage(page, live.origin, film.name).open()
            self.choose(tool, "notes.srt", "these are no subtitles")
            page.locator(".toast.bad").wait_for()

    def test_every_format_is_exported(self, seen: CaptionPage):
        for name in ("srt", "vtt", "ass", "ttml", "csv", "json", "jsonl"):
            seen.more("Export")
            dialog = seen.dialog("Export")
            dialog.get_by_label("Format").select_option(name)
            with seen.page.expect_download() as download:
                dialog.get_by_role("button", name="Export").click()
            assert download.value.suggested_filename == f"looked at.{name}"
            assert "Where is the rabbit?" in Path(download.value.path()).read_text("utf-8"), name
