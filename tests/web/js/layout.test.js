import assert from "node:assert/strict";
import { test } from "node:test";
import * as crop from "../../../src/caption_boundaries/web/static/layout/crop.js";
import { findDoubts, median } from "../../../src/caption_boundaries/web/static/layout/doubts.js";
import * as geometry from "../../../src/caption_boundaries/web/static/layout/geometry.js";
import * as labels from "../../../src/caption_boundaries/web/static/layout/labels.js";
import * as order from "../../../src/caption_boundaries/web/static/layout/order.js";
import * as states from "../../../src/caption_boundaries/web/static/layout/state.js";

/** Boxes as [frame, left, top, right, bottom, text]. */
function answerOf(boxes, { frames = 3, codes = [] } = {}) {
  const base64 = (array) => Buffer.from(array.buffer).toString("base64");
  const all = Array.from({ length: frames }, (_, i) => i * 100);
  return {
    revision: 0, stamp: "s", pictures: "v", width: 1280, height: 720, rate_hz: 10, frames: all, failures: {},
    boxes: {
      count: boxes.length,
      frame: base64(Int32Array.from(boxes.map(([frame]) => frame))),
      edges: base64(Float32Array.from(boxes.flatMap((box) => box.slice(1, 5)))),
      confidence: base64(new Uint16Array(boxes.length)),
      texts: boxes.map((box) => box[5] ?? "text"),
    },
    labels: base64(Int8Array.from(boxes.map((_, i) => codes[i] ?? 0))),
    strays: 0, crop: { regions: [], approved: false, version: 1, draft: [] }, can_undo: false, can_redo: false, read_only: "",
  };
}

const LOGO = [0.8, 0.1, 0.9, 0.15, "NEWS 7"];
const LINE = [0.3, 0.85, 0.7, 0.9, "Good morning"];
const BOXES = [[0, ...LOGO], [0, ...LINE], [1, ...LOGO], [2, 0.81, 0.1, 0.9, 0.15, "news  7!"], [2, 0.2, 0.85, 0.8, 0.9, "Where is it?"]];
const opened = (options) => states.open("v", answerOf(BOXES, options));

test("a rectangle reaches boxes whose centre lies inside; touching reaches more", () => {
  const { data } = opened();
  const everywhere = () => true;
  const rect = { left: 0.5, top: 0, right: 1, bottom: 0.12 };
  assert.deepEqual(geometry.reached(data, rect, everywhere), []);
  assert.deepEqual(geometry.reached(data, rect, everywhere, true), [0, 2, 3]);
  assert.deepEqual(geometry.reached(data, { ...rect, bottom: 0.2 }, (frame) => frame === 1), [2]);
});

test("the smallest box under the pointer is meant", () => {
  const state = states.open("v", answerOf([[0, 0, 0, 1, 1], [0, 0.4, 0.4, 0.6, 0.6]]));
  assert.equal(geometry.boxAt(state.data, 0, 0.5, 0.5), 1);
  assert.equal(geometry.boxAt(state.data, 0, 0.1, 0.1), 0);
  assert.equal(geometry.boxAt(state.data, 1, 0.5, 0.5), -1);
});

test("the same place with the same text is found whatever spaces and dots the engine read", () => {
  assert.deepEqual(geometry.sameAs(opened().data, 0), [0, 2, 3]);
  assert.deepEqual(geometry.sameAs(opened().data, 1), [1]);
});

test("zooming keeps the point under the pointer, and never shows less than the whole", () => {
  const whole = geometry.fit(800, 600, 16 / 9);
  const zoomed = geometry.zoomAt(whole, whole, 3, 200, 250);
  const before = geometry.toFrame(whole, 16 / 9, 200, 250);
  const after = geometry.toFrame(zoomed, 16 / 9, 200, 250);
  assert.ok(Math.abs(before.x - after.x) < 1e-9 && Math.abs(before.y - after.y) < 1e-9);
  assert.deepEqual(geometry.zoomAt(zoomed, whole, 0.01, 10, 10), whole);
  const back = geometry.toCanvas(zoomed, 16 / 9, after.x, after.y);
  assert.ok(Math.abs(back.x - 200) < 1e-9 && Math.abs(back.y - 250) < 1e-9);
});

test("what is shown is what is acknowledged with what is not on top", () => {
  const state = opened();
  const pending = [{ put_in: [1] }, { put_out: [0, 2] }, { clear: [2] }];
  assert.deepEqual([...states.overlaid(state, pending).labels], [1, 2, 0, 0, 0]);
  const answer = { revision: 4, boxes: [1], labels: [2], crop: state.crop, can_undo: true, can_redo: false, assessment: assessmentOf([0, 0, 0, 0, 0]) };
  const next = states.answered(states.overlaid(state, pending), answer, pending.slice(1));
  assert.deepEqual([...next.stored], [0, 2, 0, 0, 0]);
  assert.deepEqual([...next.labels], [1, 2, 0, 0, 0]);
  assert.equal(next.revision, 4);
});

function assessmentOf(odds, doubts = [], agreed = 0) {
  const text = Buffer.from(Float32Array.from(odds).buffer).toString("base64");
  return { odds: text, source: "model", doubts, labels_in: 1, labels_out: 1, agreed };
}

test("predictions that have turned are shown once", () => {
  const first = states.assessed(opened(), assessmentOf([-1, 1, -1, -1, 1]), []);
  assert.equal(first.flashed.size, 0);
  const second = states.assessed(first, assessmentOf([-1, -1, -1, 2, 1]), []);
  assert.deepEqual([...second.flashed], [1, 3]);
});

test("accepting labels what is unlabelled as predicted", () => {
  const codes = Int8Array.from([1, 0, 0]);
  const odds = Float32Array.from([5, 2, -3]);
  assert.deepEqual(labels.acceptance(codes, odds, [0, 1, 2]), { put_in: [1], put_out: [2] });
  assert.deepEqual(labels.sureBoxes(codes, odds, 0.9), [2]);
  assert.deepEqual(labels.sureBoxes(codes, odds, 0.8), [1, 2]);
});

test("the orders are what their names say", () => {
  const state = states.assessed(opened({ codes: [1, 2, 0, 0, 0] }), assessmentOf([-9, 9, -0.5, -3, 4]), []);
  const orders = (order) => order_(state, { order });
  assert.deepEqual(orders("time"), [0, 1, 2]);
  assert.deepEqual(orders("uncertain"), [1, 2, 0]);
  assert.deepEqual(orders("unlabelled"), [2, 1, 0]);
  assert.deepEqual(order_(state, { search: "where" }), [2]);
  assert.equal(order.mostUncertain(state), 2);
  assert.equal(order.nextOpen({ ...state, frame: 0 }, 1), 1);
  assert.equal(order.nextOpen({ ...state, frame: 1 }, -1), -1);
  const uncertain = { ...state, order: "uncertain", frame: 0 };
  assert.equal(order.nextInOrder(uncertain, new Set([1]), false), 2);
  assert.equal(order.nextInOrder({ ...state, frame: 2 }, new Set(), true), -1);
  assert.equal(order.previousInOrder(uncertain, [2, 1, 0], false), 1);
});
const order_ = (state, change) => order.ordered({ ...state, ...change });

test("the cursor goes through the boxes of the frame and extends the selection", () => {
  let state = opened();
  state = states.moveCursor(state, 1, false);
  assert.equal(state.cursor, 0);
  state = states.moveCursor(state, 1, true);
  assert.deepEqual([state.cursor, [...state.selection]], [1, [0, 1]]);
  state = states.moveCursor(state, 1, true);
  assert.equal(state.cursor, 1);
  assert.deepEqual(states.targets(state), [0, 1]);
  state = states.goTo(state, 2);
  assert.deepEqual([state.cursor, state.selection.size], [-1, 0]);
});

test("drawn edges stay, free ones follow the boxes", () => {
  const suggested = [{ left: 0.2, top: 0.8, right: 0.8, bottom: 0.92, line_height: 0.05, line_count: 1, anchor: "center", polarity: "light" }];
  const none = { regions: [], approved: false, version: 1, draft: [] };
  const base = crop.shown({ crop: none, suggested });
  assert.deepEqual(base[0], { left: 0.2, top: 0.8, right: 0.8, bottom: 0.92, locked: [] });
  const moved = crop.moveEdges(base, 0, { top: 0.7 });
  assert.deepEqual([moved[0].top, moved[0].locked], [0.7, ["top"]]);
  const later = [{ ...suggested[0], top: 0.85, left: 0.1 }];
  const shown = crop.shown({ crop: { ...none, draft: moved }, suggested: later });
  assert.deepEqual([shown[0].top, shown[0].left], [0.7, 0.1]);
  assert.deepEqual(crop.toggleLock(moved, 0, "top")[0].locked, []);
  assert.ok(crop.moveEdges(base, 0, { left: 2 })[0].left < 0.8);
});

test("coverage counts what is cut", () => {
  const { data } = opened();
  const held = crop.coverage(data, [1, 4], [{ left: 0.25, top: 0.8, right: 0.75, bottom: 0.95 }]);
  assert.deepEqual([held.count, held.cut, held.share], [2, [4], 0.5]);
  assert.equal(crop.coverage(data, [], []).share, 1);
  const two = [{ left: 0.2, top: 0.8, right: 0.5, bottom: 0.95 }, { left: 0.5, top: 0.8, right: 0.8, bottom: 0.95 }];
  assert.equal(crop.coverage(data, [4], two).cut.length, 0);
  assert.ok(crop.overlapping([two[0], { ...two[1], left: 0.4 }]));
  assert.ok(!crop.overlapping(two));
});

test("twins labelled otherwise, strays from the usual level, and crooked lines are doubted", () => {
  const boxes = [];
  for (let frame = 0; frame < 12; frame += 1) boxes.push([frame, ...LOGO], [frame, 0.3, 0.85, 0.7, 0.9, `line ${frame}`]);
  boxes.push([3, 0.3, 0.4, 0.7, 0.45, "a stray"], [5, 0.72, 0.827, 0.8, 0.877, "crooked"]);
  boxes.sort((a, b) => a[0] - b[0]);
  const at = (text) => boxes.findIndex((box) => box[5] === text);
  const codes = boxes.map((box) => (box[5] === "NEWS 7" ? 1 : 2));
  const wrong = boxes.findIndex((box) => box[0] === 7 && box[5] === "NEWS 7");
  codes[wrong] = 2;
  const { data, labels: known } = states.open("v", answerOf(boxes, { frames: 12, codes }));
  const found = new Map(findDoubts(data, known, null, [[at("line 1"), 2]]).map((doubt) => [doubt.box, doubt.kind]));
  assert.equal(found.get(at("line 1")), "label");
  assert.equal(found.get(wrong), "twin");
  assert.equal(found.get(at("a stray")), "level");
  assert.equal(found.get(at("crooked")), "line");
  assert.equal(found.size, 4);
  assert.equal(median([3, 1, 2]), 2);
});

test("it says when enough was labelled", () => {
  const boxes = Array.from({ length: 40 }, (_, i) => [i % 10, 0.3, 0.8, 0.7, 0.9]);
  boxes.sort((a, b) => a[0] - b[0]);
  const state = states.open("v", answerOf(boxes, { frames: 10, codes: boxes.map(() => 2) }));
  const after = (agreed) => states.assessed(state, assessmentOf(boxes.map(() => 3), [], agreed), []);
  assert.ok(!states.enough(after(29)));
  assert.ok(states.enough(after(30)));
});

test("a doubt that was kept stays away until the label changes", () => {
  const state = states.assessed(opened({ codes: [2, 0, 0, 0, 0] }), assessmentOf([-1, 1, 1, 1, 1], [[0, 2]]), []);
  const [doubt] = state.doubts;
  const kept = states.overlaid({ ...state, kept: new Set([states.keptKey(doubt, state.labels)]) }, []);
  assert.deepEqual(kept.doubts, []);
  assert.equal(states.overlaid(kept, [{ put_out: [0] }]).doubts.length, 1);
});
