import assert from "node:assert/strict";
import { test } from "node:test";
import { ActionQueue } from "../../../src/caption_boundaries/web/static/core/queue.js";

const passing = Object.assign(new Error("away"), { passing: true });
const refusal = Object.assign(new Error("no"), { passing: false });

function queueWith(replies, { stored = [], decide = () => "drop" } = {}) {
  const log = { sent: [], states: [], answers: [], kept: stored };
  const queue = new ActionQueue({
    send: async (path, body) => {
      log.sent.push([path, body]);
      const reply = replies.shift() ?? { revision: log.sent.length };
      if (reply instanceof Error) throw reply;
      return reply;
    },
    storage: { load: () => structuredClone(stored), save: (pending) => (log.kept = structuredClone(pending)) },
    wait: async () => {},
    onState: (state) => log.states.push(state),
    onAnswer: (answer) => log.answers.push(answer),
    onRefused: async () => decide(),
  });
  return { queue, log };
}

test("actions go one after the other, each on the revision of the one before", async () => {
  const { queue, log } = queueWith([{ revision: 7 }, { revision: 8 }]);
  queue.revision = 6;
  queue.add("labels", { put_in: [1] });
  queue.add("labels", { put_in: [2] });
  await queue.settled();
  assert.deepEqual(log.sent.map(([, body]) => body.base_revision), [6, 7]);
  assert.deepEqual(log.answers.map((answer) => answer.revision), [7, 8]);
  assert.equal(log.states.at(-1), "saved");
  assert.deepEqual(log.kept, []);
});

test("while the server is away the same action is sent again under the same number", async () => {
  const { queue, log } = queueWith([passing, passing, { revision: 1 }]);
  queue.add("labels", { clear: [1] });
  await queue.settled();
  const numbers = new Set(log.sent.map(([, body]) => body.uuid));
  assert.equal(log.sent.length, 3);
  assert.equal(numbers.size, 1);
  assert.deepEqual(log.states, ["saving", "unsaved", "unsaved", "saved"]);
});

test("what was not acknowledged is kept, and sent after the page was loaded again", async () => {
  const before = queueWith([]);
  before.queue.sending = true; // the page goes away before anything is sent
  before.queue.add("labels", { put_out: [3] });
  const after = queueWith([], { stored: before.log.kept });
  await after.queue.pump();
  assert.deepEqual(after.log.sent[0][1].put_out, [3]);
  assert.equal(after.log.sent[0][1].uuid, before.log.kept[0].uuid);
});

test("a refused action is dropped, and the next one goes on", async () => {
  const { queue, log } = queueWith([refusal, { revision: 1 }]);
  queue.add("labels", { put_in: [1] });
  queue.add("labels", { put_in: [2] });
  await queue.settled();
  assert.deepEqual(log.sent.map(([, body]) => body.put_in[0]), [1, 2]);
});

test("whoever wants theirs after a conflict sends it as a new action whatever the revision", async () => {
  const { queue, log } = queueWith([refusal, { revision: 9 }], { decide: () => "again" });
  queue.add("labels", { put_in: [1] });
  await queue.settled();
  const [[, first], [, second]] = log.sent;
  assert.notEqual(first.uuid, second.uuid);
  assert.equal(second.base_revision, null);
  assert.deepEqual(second.put_in, [1]);
});
