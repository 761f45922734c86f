import assert from "node:assert/strict";
import { test } from "node:test";
import * as keys from "../../../src/caption_boundaries/web/static/core/keys.js";

const event = (key, options = {}) => ({
  key,
  code: "",
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  getModifierState: () => false,
  ...options,
});

test("a combination acts only with exactly its modifiers", () => {
  const cases = [
    ["I", event("i"), true],
    ["I", event("I", { shiftKey: true }), false],
    ["I", event("i", { ctrlKey: true }), false],
    ["I", event("i", { altKey: true }), false],
    ["I", event("i", { metaKey: true }), false],
    ["Ctrl+Z", event("z", { ctrlKey: true }), true],
    ["Ctrl+Z", event("Z", { ctrlKey: true, shiftKey: true }), false],
    ["Ctrl+Shift+Z", event("Z", { ctrlKey: true, shiftKey: true }), true],
    ["ArrowLeft", event("ArrowLeft"), true],
    ["Shift+ArrowLeft", event("ArrowLeft", { shiftKey: true }), true],
    ["?", event("?", { shiftKey: true }), true],
    ["?", event("?", { shiftKey: true, ctrlKey: true }), false],
    ["+", event("+"), true],
    ["Ctrl++", event("+", { ctrlKey: true }), true],
    ["{", event("{", { ctrlKey: true, altKey: true, getModifierState: (name) => name === "AltGraph" }), true],
    ["Space", event(" "), true],
    ["code:KeyA", event("q", { code: "KeyA" }), true],
    ["code:KeyA", event("q", { code: "KeyA", ctrlKey: true }), false],
  ];
  for (const [combination, pressed, expected] of cases) {
    assert.equal(keys.matches(keys.parseCombination(combination), pressed), expected, combination);
  }
});

test("on a Mac, Ctrl in the table is the command key", () => {
  const wanted = keys.parseCombination("Ctrl+Z");
  assert.ok(keys.matches(wanted, event("z", { metaKey: true }), true));
  assert.ok(!keys.matches(wanted, event("z", { ctrlKey: true }), true));
});

test("combinations are read out", () => {
  assert.deepEqual(
    ["Ctrl+Shift+Z", "ArrowLeft", "code:KeyA", "Space", "+", "PageDown"].map((key) => keys.spoken(key)),
    ["Ctrl+Shift+Z", "←", "A", "Space", "+", "PgDn"],
  );
});

test("an event becomes the combination that matches it", () => {
  for (const pressed of [event("i"), event("Z", { ctrlKey: true, shiftKey: true }), event("?", { shiftKey: true }), event(" ")]) {
    const text = keys.combinationOf(pressed);
    assert.ok(keys.matches(keys.parseCombination(text), pressed), text);
  }
  assert.equal(keys.combinationOf(event("Shift", { shiftKey: true })), null);
});

test("a person's own keys replace the usual ones, and doubled keys are told", () => {
  const table = [
    { command: "a", keys: ["I"], label: "", group: "" },
    { command: "b", keys: ["O"], label: "", group: "" },
  ];
  assert.equal(keys.conflicts(table).size, 0);
  const own = keys.rebind(table, { b: ["I"] });
  assert.deepEqual([...keys.conflicts(own)], [["I", ["a", "b"]]]);
});

test("single characters are known, so that they can be switched off", () => {
  assert.deepEqual(
    ["I", "?", "code:KeyA", "Space", "ArrowLeft", "Ctrl+Z", "Enter"].filter(keys.isSingleCharacter),
    ["I", "?", "code:KeyA"],
  );
});
