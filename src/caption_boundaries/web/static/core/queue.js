// Sends what a person does, one action after the other, until each is acknowledged. Pure of the DOM: tested in Node.

/**
 * @typedef {"saved" | "saving" | "unsaved"} SaveState
 * @typedef {{uuid: string, path: string, body: Record<string, unknown>, tries: number}} Pending
 * @typedef {{
 *   send: (path: string, body: Record<string, unknown>) => Promise<any>,
 *   storage: {load: () => Pending[], save: (pending: Pending[]) => void},
 *   wait: (milliseconds: number) => Promise<void>,
 *   onState: (state: SaveState, message: string) => void,
 *   onAnswer: (answer: any, action: Pending) => void,
 *   onRefused: (error: any, action: Pending) => "drop" | "again" | Promise<"drop" | "again">,
 * }} Parts
 */

export const RETRY_MILLISECONDS = [250, 500, 1000, 2000, 4000];

export class ActionQueue {
  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    /** @type {Pending[]} */
    this.pending = parts.storage.load();
    this.revision = 0;
    this.sending = false;
    /** @type {(() => void)[]} */
    this.idle = [];
  }

  /**
   * Queues an action. Its number stays the same however often it is sent, so it is applied once.
   * @param {string} path
   * @param {Record<string, unknown>} body
   */
  add(path, body) {
    const uuid = crypto.randomUUID();
    this.pending.push({ uuid, path, body: { ...body, uuid }, tries: 0 });
    this.keep();
    this.pump();
    return uuid;
  }

  /** Resolves when nothing is left to send. */
  settled() {
    if (!this.pending.length) return Promise.resolve();
    return new Promise((resolve) => this.idle.push(() => resolve(undefined)));
  }

  keep() {
    this.parts.storage.save(this.pending);
  }

  /** Sends until nothing is left; called again while it runs it does nothing. */
  async pump() {
    if (this.sending) return;
    this.sending = true;
    while (this.pending.length) {
      const action = this.pending[0];
      if (!action.tries) this.parts.onState("saving", "");
      // An action builds on what the page has been told of last: the answers to the ones before it count.
      const base = "base_revision" in action.body ? action.body.base_revision : this.revision;
      try {
        const answer = await this.parts.send(action.path, { ...action.body, base_revision: base });
        this.revision = Math.max(this.revision, answer?.revision ?? 0);
        this.shift();
        this.parts.onAnswer(answer, action);
      } catch (error) {
        await this.failed(error, action);
      }
    }
    this.sending = false;
    this.parts.onState("saved", "");
    for (const done of this.idle.splice(0)) done();
  }

  /**
   * @param {any} error
   * @param {Pending} action
   */
  async failed(error, action) {
    if (error?.passing) {
      action.tries += 1;
      this.parts.onState("unsaved", error.message);
      const turn = Math.min(action.tries, RETRY_MILLISECONDS.length) - 1;
      await this.parts.wait(RETRY_MILLISECONDS[turn]);
      return;
    }
    const decision = await this.parts.onRefused(error, action);
    if (decision === "again") {
      // The person has seen the other's change and wants theirs: as a new action on top of it.
      action.uuid = crypto.randomUUID();
      action.body = { ...action.body, uuid: action.uuid, base_revision: null };
      this.keep();
    } else {
      this.shift();
    }
  }

  shift() {
    this.pending.shift();
    this.keep();
  }
}
