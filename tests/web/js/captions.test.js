import assert from "node:assert/strict";
import { test } from "node:test";
import { reached, repeated } from "../../../src/caption_boundaries/web/static/captions/groups.js";
import { extended, foretold } from "../../../src/caption_boundaries/web/static/captions/editing.js";
import { restoring, versions } from "../../../src/caption_boundaries/web/static/captions/conflicts.js";
import * as order from "../../../src/caption_boundaries/web/static/captions/order.js";
import * as rows from "../../../src/caption_boundaries/web/static/captions/rows.js";
import * as scales from "../../../src/caption_boundaries/web/static/captions/scale.js";
import * as states from "../../../src/caption_boundaries/web/static/captions/state.js";
import * as text from "../../../src/caption_boundaries/web/static/captions/text.js";
import * as views from "../../../src/caption_boundaries/web/static/captions/views.js";

const COLUMNS = [
  "id", "start_frame_index", "end_frame_index", "boundary_state", "boundary_pending", "boundary_confidence", "start_seconds",
  "end_seconds", "text", "text_pending", "text_status", "text_notes", "text_ocr_combined", "text_confidence",
];

/** Rows as [id, start, end, state, {other columns}]. */
function answerOf(table) {
  const values = table.map(([id, start, end, state = "predicted", more = {}]) => {
    const row = {
      boundary_pending: 0, boundary_confidence: 0.9, start_seconds: start / 10, end_seconds: (end + 1) / 10, text: null, text_pending: 0,
      text_status: null, text_notes: null, text_ocr_combined: `text ${id}`, text_confidence: 0.9, ...more,
      id, start_frame_index: start, end_frame_index: end, boundary_state: state,
    };
    return COLUMNS.map((name) => row[name]);
  });
  return {
    revision: 0, stamp: "s", name: "film", rate_hz: 10, first_index: 0, last_index: 99, columns: COLUMNS, rows: values,
    crops: { version: "v", width: 480, height: 60, ranges: [[0, 99]] }, source: { available: true, reason: "", frame_count: 250, version: "w" },
    review: "pending", notices: [], formats: ["srt"], can_undo: false, can_redo: false, read_only: "",
  };
}

const TABLE = [
  [1, 0, 9, "gap"],
  [2, 10, 29],
  [3, 30, 49, "confirmed", { text: "text 3", text_status: "valid_caption" }],
  [4, 50, 59, "gap"],
  [5, 60, 79, "predicted", { boundary_confidence: 0.4 }],
  [6, 80, 99, "gap"],
];
const opened = (table = TABLE) => states.open("v", answerOf(table));
const extents = (list) => list.map((row) => [row.id, row.start, row.end]);

test("the row of a frame is found, and where nothing is there is none", () => {
  const list = opened().rows;
  for (const [frame, id] of [[0, 1], [9, 1], [10, 2], [29, 2], [30, 3], [99, 6]]) assert.equal(list[rows.placeAt(list, frame)].id, id);
  assert.equal(rows.placeAt(list, 100), -1);
  assert.equal(rows.placeAt([], 0), -1);
});

test("the next boundary is where something begins", () => {
  const list = opened().rows;
  assert.equal(rows.nextBoundary(list, 10, 1), 30);
  assert.equal(rows.nextBoundary(list, 15, -1), 10);
  assert.equal(rows.nextBoundary(list, 95, 1), -1);
  assert.equal(rows.nextBoundary(list, 0, -1), -1);
});

test("what is done is counted, and a row that is pending is not done", () => {
  const done = rows.progress(opened([...TABLE.slice(0, 4), [5, 60, 79, "confirmed", { boundary_pending: 1 }], TABLE[5]]).rows);
  assert.deepEqual(done, { captions: 3, extents: 1, text: 1, pending: 1 });
});

test("every state has a sign of its own", () => {
  const signOf = (state, more) => rows.sign(opened([[1, 0, 9, state, more]]).rows[0]);
  const signs = [
    signOf("gap"), signOf("predicted"), signOf("issue"), signOf("confirmed"), signOf("confirmed", { text: "", text_status: "valid_caption" }),
    signOf("predicted", { boundary_pending: 1 }),
  ];
  assert.equal(new Set(signs).size, signs.length);
});

test("an edge trims what is predicted, swallows what it covers, and stops at what is confirmed", () => {
  const list = opened().rows;
  const [, two] = list;
  assert.deepEqual(extents(extended(list, two, { end: 40 }, "protect")).slice(0, 3), [[1, 0, 9], [2, 10, 29], [3, 30, 49]]);
  assert.deepEqual(extents(extended(list, two, { end: 40 }, "trim")).slice(1, 3), [[2, 10, 40], [3, 41, 49]]);
  assert.deepEqual(extents(extended(list, two, { end: 70 }, "trim")).slice(1), [[2, 10, 70], [5, 71, 79], [6, 80, 99]]);
  assert.deepEqual(extents(extended(list, two, { start: 0 }, "protect"))[0], [2, 0, 29]);
  assert.equal(extended(list, two, { start: 50 }, "trim"), list, "no caption ends before it starts");
});

test("a trimmed caption has to be looked at again, a trimmed gap has not", () => {
  const list = extended(opened().rows, opened().rows[4], { start: 40, end: 90 }, "trim");
  const byId = new Map(list.map((row) => [row.id, row]));
  assert.ok(byId.get(3).pending);
  assert.ok(!byId.get(6).pending);
  assert.equal(byId.get(3).endSeconds, null);
});

test("what an action will leave is told at once", () => {
  const list = opened().rows;
  const after = (change) => new Map(foretold(list, change).map((row) => [row.id, row]));
  assert.equal(after({ kind: "nudge", id: 2, edge: "start", ticks: -1 }).get(2).start, 9);
  assert.equal(after({ kind: "nudge", id: 2, edge: "start", ticks: -1 }).get(1).end, 8);
  assert.deepEqual(
    (({ state, text: words, status }) => [state, words, status])(after({ kind: "confirm", ids: [2], what: "both" }).get(2)),
    ["confirmed", "text 2", "confirmed"],
  );
  assert.equal(after({ kind: "confirm", ids: [2], what: "extents" }).get(2).status, null);
  assert.equal(after({ kind: "confirm", ids: [2], what: "text", text: "typed" }).get(2).state, "predicted");
  assert.equal(after({ kind: "set-text", id: 2, text: "typed" }).get(2).text, "typed");
  assert.equal(after({ kind: "no-text", ids: [2] }).get(2).text, "");
  assert.equal(after({ kind: "delete", ids: [2] }).get(2).state, "gap");
  assert.equal(after({ kind: "set-status", ids: [2], boundary_state: "issue" }).get(2).state, "issue");
  assert.equal(foretold(list, { kind: "import" }), list, "what only the server knows is left to it");
});

test("an answer replaces what was foretold, and what is not acknowledged stays on top", () => {
  const pending = [{ change: { kind: "set-text", id: 2, text: "mine" } }];
  const guessed = states.overlaid(opened(), pending);
  assert.equal(guessed.rows[1].text, "mine");
  const moved = { id: 5, start_frame_index: 61, end_frame_index: 79, boundary_state: "confirmed", boundary_pending: 0, text: null, text_notes: null };
  const answer = { revision: 4, rows: [moved], gone: [4], review: "pending", can_undo: true, can_redo: false };
  const after = states.answered(guessed, answer, pending);
  assert.deepEqual(after.rows.map((row) => row.id), [1, 2, 3, 5, 6]);
  assert.equal(after.rows[1].text, "mine");
  assert.equal(after.rows[3].start, 61);
  assert.equal(after.revision, 4);
});

test("the row in focus stays while the cursor moves, and another takes its place when it is gone", () => {
  const state = states.goTo(states.select(opened(), 2), 45);
  assert.equal(state.current, 2);
  assert.equal(states.goTo(state, 1000).frame, 99);
  const gone = states.answered(state, { revision: 1, rows: [], gone: [2], review: "pending" }, []);
  assert.equal(gone.current, 3);
});

test("what was typed is shown before what is stored, and that before what was read", () => {
  const state = states.select(opened(), 2);
  assert.equal(states.fieldText(state), "text 2");
  assert.equal(states.fieldText({ ...state, draft: { id: 2, text: "typed" } }), "typed");
  assert.equal(states.fieldText(states.overlaid(state, [{ change: { kind: "no-text", ids: [2] } }])), "");
});

test("tracks are put where their frames are", () => {
  const packed = Buffer.from(Uint16Array.from([0, 65535, 100]).buffer).toString("base64");
  const { data } = states.tracked(opened(), { first_index: 28, likelihood: "", difference: packed });
  assert.equal(data.likelihood, null);
  assert.equal(data.difference[29], 1);
  assert.deepEqual(data.changes, [29]);
});

test("the list is in the chosen order, and what is gone is left out", () => {
  const state = opened();
  assert.deepEqual(order.listed(state).map((row) => row.id), [2, 3, 5]);
  assert.deepEqual(order.listed({ ...state, search: "TEXT 5" }).map((row) => row.id), [5]);
  const asked = { ...state, order: "uncertain", queue: { ids: [5, 77, 2], scores: [1, 1, 0] } };
  assert.deepEqual(order.listed(asked).map((row) => row.id), [5, 2]);
});

test("the next of the list leaves out what is reviewed where that is wanted", () => {
  const state = states.select(opened(), 2);
  const list = order.listed(state);
  assert.equal(order.nextOf(state, list, 1, false).id, 3);
  assert.equal(order.nextOf(state, list, 1, true).id, 5);
  assert.equal(order.nextOf(state, list, -1, false), undefined);
  assert.equal(order.nextOf(states.select(opened(), 1), list, 1, false).id, 2, "from a gap, on by time");
  assert.equal(order.afterConfirming(states.select(opened(), 5), list).id, 2, "what was left out comes at the end");
  assert.equal(order.mostUncertain(state).id, 5);
});

test("each pass of the work has its own rest", () => {
  const [, , three] = opened([TABLE[0], TABLE[1], [3, 30, 49, "confirmed"]]).rows;
  assert.deepEqual(["both", "extents", "text"].map((pass) => order.isOpen(three, pass)), [true, false, true]);
});

test("zooming keeps the frame under the pointer, within the video", () => {
  const whole = scales.whole(3000, 900);
  const zoomed = scales.zoomed(whole, 3000, 8, 300);
  assert.ok(Math.abs(scales.toFrame(zoomed, 300) - scales.toFrame(whole, 300)) < 1e-9);
  assert.deepEqual(scales.zoomed(zoomed, 3000, 1e-6, 0), whole);
  assert.equal(scales.zoomed(zoomed, 3000, 1e6, 0).perFrame, scales.CLOSEST);
  const shown = scales.revealed(zoomed, 3000, 2990);
  assert.ok(scales.toX(shown, 2990) <= 900 && scales.last(shown) <= 3000 + 1e-9);
  assert.equal(scales.revealed(shown, 3000, Math.floor(shown.first) + 100), shown, "what is in view does not move");
});

test("an edge snaps to the highest peak nearby and stays where there is none", () => {
  const track = new Float32Array(50);
  track[20] = 0.8;
  track[24] = 0.3;
  assert.equal(scales.snapped(track, 22, 3, 0.1), 20);
  assert.equal(scales.snapped(track, 26, 3, 0.1), 24);
  assert.equal(scales.snapped(track, 35, 3, 0.1), 35);
});

test("marks of the ruler stand at whole tenths, seconds or minutes", () => {
  const { step, frames } = scales.ticks({ first: 95, perFrame: 10, width: 400 }, 10);
  assert.equal(step, 10);
  assert.deepEqual(frames, [100, 110, 120, 130]);
});

test("the boundary view shows the frames on either side, and says where the video ends", () => {
  const size = { width: 800, height: 200 };
  const shown = (state) => views.slots(state, size).map((slot) => [slot.kind, slot.frame, slot.other]);
  const state = { ...states.select(opened(), 2), difference: false };
  assert.deepEqual(shown(state), [["crop", 9, -1], ["crop", 10, -1], ["crop", 29, -1], ["crop", 30, -1]]);
  assert.deepEqual(shown({ ...state, difference: true })[2], ["difference", 10, 9]);
  assert.deepEqual(shown({ ...state, flicker: true }), [["crop", 9, -1], ["crop", 29, -1]]);
  assert.deepEqual(shown({ ...state, flicker: true, turn: true }), [["crop", 10, -1], ["crop", 30, -1]]);
  const whole = { ...states.select(opened([[1, 0, 99]]), 1), difference: false };
  assert.deepEqual(shown(whole), [["crop", -1, -1], ["crop", 0, -1], ["crop", 99, -1], ["crop", -1, -1]]);
});

test("where there is room, the middle of the caption is shown too", () => {
  const state = states.select(opened(), 2);
  assert.equal(views.slots(state, { width: 800, height: 400 }).at(-1).frame, 19);
  const crowded = views.slots({ ...state, difference: true }, { width: 1000, height: 265 });
  assert.ok(crowded.every((slot) => slot.frame !== 19), "but not where the edges would become tiny");
});

test("with exact pictures the boundary view shows those of the video", () => {
  const frames = [{ number: 24, seconds: 0.96, index: 9 }, { number: 25, seconds: 1, index: 10 }];
  const state = { ...states.select(opened(), 2), difference: false, fine: true, sources: { start: { seconds: 1, frames, current: 25 }, end: null } };
  const found = views.slots(state, { width: 800, height: 200 });
  assert.deepEqual(found.map((slot) => [slot.source, slot.frame]), [[true, 24], [true, 25], [true, -1], [true, -1]]);
});

test("no picture lies over another, and all lie on the canvas", () => {
  for (const view of ["boundary", "strip"]) {
    for (const [width, height] of [[700, 220], [700, 420], [1200, 700], [400, 100]]) {
      for (const more of [{}, { difference: false, changed: true }, { loupe: true }, { flicker: true }]) {
        const state = { ...states.select(opened(), 2), frame: 20, view, ...more };
        const found = views.slots(state, { width, height });
        for (const [i, { rect: a }] of found.entries()) {
          assert.ok(a.x >= 0 && a.x + a.width <= width + 1, `${view} ${width}×${height}`);
          for (const { rect: b } of found.slice(i + 1)) {
            const apart = a.x + a.width <= b.x + 0.5 || b.x + b.width <= a.x + 0.5 || a.y + a.height <= b.y + 0.5 || b.y + b.height <= a.y + 0.5;
            assert.ok(apart, `${view} ${width}×${height} ${JSON.stringify(more)}`);
          }
        }
      }
    }
  }
});

test("the strip has the frame at the cursor in its middle", () => {
  const state = { ...opened(), frame: 50, step: "every" };
  assert.deepEqual(views.stripFrames(state, 2), [48, 49, 50, 51, 52]);
  assert.deepEqual(views.stripFrames({ ...state, step: "fifth" }, 2), [40, 45, 50, 55, 60]);
  assert.deepEqual(views.stripFrames({ ...state, frame: 0 }, 1), [null, 0, 1]);
  const changing = { ...state, step: "changes", data: { ...state.data, changes: [3, 10, 30, 60] } };
  assert.deepEqual(views.stripFrames(changing, 2), [10, 30, 50, 60, null]);
});

test("the strip shows two neighbours on either side however wide the pictures are", () => {
  for (const [width, height] of [[700, 300], [1300, 620], [2500, 900]]) {
    const found = views.slots({ ...opened(), frame: 50, view: "strip", step: "every" }, { width, height });
    assert.ok(found.length >= 5, `${width}×${height}: ${found.length}`);
  }
});

test("doubtful characters are marked also after others were typed before them", () => {
  const candidates = [{ text: "Cafe 12", source: "frames", frames: [], confidence: 1, agreement: [], marks: "aaadaan" }];
  const marks = (typed) => text.marked(typed, candidates).map(({ letter, mark }) => (mark && mark !== "a" ? letter + mark : letter)).join("");
  assert.equal(marks("Cafe 12"), "Cafed 12n");
  assert.equal(marks("The Cafe 12"), "The Cafed 12n");
  assert.equal(marks("Café 12"), "Café 12n", "a letter that a person typed is not doubtful");
  assert.equal(text.marked("𠮷野", []).length, 2, "characters outside the first plane are one letter");
});

test("readings come one after the other, around in a circle", () => {
  const candidates = ["a", "b", "c"].map((value) => ({ text: value, source: "", frames: [], confidence: null, agreement: [], marks: "" }));
  assert.equal(text.cycled(candidates, "a", 1), "b");
  assert.equal(text.cycled(candidates, "a", -1), "c");
  assert.equal(text.cycled(candidates, "typed", 1), "a");
  assert.equal(text.cycled([], "typed", 1), null);
  assert.equal(text.cycled(candidates.slice(0, 1), "a", 1), null);
});

test("a text that was typed and taken back is offered no longer", () => {
  const typed = { text: "typed", source: "text", confidence: null };
  const read = [{ text: "as read", source: "text", confidence: 0.9 }, { text: "otherwise", source: "frames", confidence: null }];
  assert.deepEqual(text.offered([typed, ...read], "typed"), [typed, ...read]);
  assert.deepEqual(text.offered([typed, ...read], null), read);
  assert.deepEqual(text.offered([], "typed"), []);
});

test("captions that follow each other with one text are one group", () => {
  const said = (id, start, end, words) => [id, start, end, "predicted", { text_ocr_combined: words }];
  const list = opened([said(1, 0, 9, "a"), said(2, 10, 19, "a"), [3, 20, 21, "gap"], said(4, 22, 29, "a "), said(5, 30, 39, "b"), said(6, 50, 59, "b"), said(7, 60, 69, "")]).rows;
  assert.deepEqual(repeated(list), [[1, 2, 4]]);
});

test("a shift reaches this caption, those from the cursor on, or all", () => {
  const state = { ...states.select(opened(), 3), frame: 45 };
  assert.deepEqual(reached(state, "this"), [3]);
  assert.deepEqual(reached(state, "on"), [3, 5]);
  assert.deepEqual(reached(state, "all"), [2, 3, 5]);
});

test("keeping one's own makes anew what somebody else has removed", () => {
  const list = opened().rows;
  const [mine, other] = [{ ...list[1], text: "mine" }, list[2]];
  const anew = { kind: "add", start_frame_index: 10, end_frame_index: 29, text: "mine", policy: "trim" };
  const change = { kind: "set-text", id: 2, text: "mine" };
  const cases = [
    ["changed by both", change, [mine], [list[1]], [change]],
    ["gone", change, [mine], [], [anew]],
    ["a gap now", change, [mine], [{ ...list[1], state: "gap" }], [anew]],
    ["one of two gone", { kind: "confirm", ids: [2, 3] }, [mine, other], [other], [{ kind: "confirm", ids: [3] }, anew]],
    ["a new row beside a changed one", { kind: "split", id: 3 }, [other, { ...mine, id: -1 }], [other], [{ kind: "split", id: 3 }]],
  ];
  for (const [name, wanted, ours, theirs, expected] of cases) assert.deepEqual(restoring(wanted, ours, theirs), expected, name);
});

test("both versions are told in words, and what one of them removed", () => {
  const state = opened();
  const row = state.rows[1];
  const [told] = versions([{ ...row, text: "mine" }], [], state);
  assert.deepEqual(told, { name: "mine", mine: "0:01.0 – 0:03.0, predicted: “mine”", theirs: "removed" });
});
