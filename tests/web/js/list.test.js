import assert from "node:assert/strict";
import { test } from "node:test";
import * as format from "../../../src/caption_boundaries/web/static/core/format.js";
import * as list from "../../../src/caption_boundaries/web/static/list/state.js";

const ENTRIES = [
  { id: "a1", name: "The river", duration_seconds: 10 },
  { id: "b2", name: "Evening news", duration_seconds: null },
];

test("the search takes words in any order, and ids", () => {
  const names = (search) => list.visible({ ...list.EMPTY, entries: ENTRIES, search }).map((entry) => entry.id);
  assert.deepEqual(["", "river the", "b2", "nothing"].map(names), [["a1", "b2"], ["a1"], ["b2"], []]);
});

test("the cursor stays within the list", () => {
  let state = { ...list.EMPTY, entries: ENTRIES, cursor: "" };
  const cursors = [1, 1, 1, -1, -1].map((by) => (state = list.moveCursor(state, by)).cursor);
  assert.deepEqual(cursors, ["a1", "b2", "b2", "a1", "a1"]);
});

test("a tool opens when what it shows is there", () => {
  const step = (name, state) => ({ name, state, detail: "" });
  const summary = { steps: [step("ingest", "done"), step("ocr", "done"), step("layout", "stale"), step("crop", "missing")] };
  assert.ok(list.canOpen(summary, "layout"));
  assert.ok(!list.canOpen(summary, "captions"));
  assert.deepEqual(list.openSteps(summary), ["layout", "crop"]);
});

test("the progress of a job counts the step that runs", () => {
  const job = { steps: ["a", "b"], finished: ["a"], step: "b", done: 5, total: 10 };
  assert.equal(list.jobShare(job), 0.75);
  assert.equal(list.jobShare({ ...job, finished: ["a", "b"] }), 1);
  assert.equal(list.jobShare({ ...job, total: null }), 0.5);
});

test("times and counts are written as people read them", () => {
  assert.deepEqual([0, 61, 3725].map(format.clock), ["0:00", "1:01", "1:02:05"]);
  assert.equal(format.clockTenths(61.25), "1:01.3");
  assert.equal(format.plural(1, "box", "boxes"), "1 box");
  assert.equal(format.plural(1234, "box", "boxes"), "1,234 boxes");
  assert.equal(format.ago("2026-01-01T00:00:00Z", Date.parse("2026-01-01T00:05:00Z")), "5 min ago");
});
