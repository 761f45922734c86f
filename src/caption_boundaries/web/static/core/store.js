// A value that others watch. State is a plain object; it changes only by being replaced.

/**
 * @template T
 * @param {T} initial
 */
export function createStore(initial) {
  let value = initial;
  /** @type {Set<(value: T, before: T) => void>} */
  const watchers = new Set();
  return {
    get: () => value,
    /** @param {T} next */
    set(next) {
      if (next === value) return;
      const before = value;
      value = next;
      for (const watcher of watchers) watcher(value, before);
    },
    /** @param {(value: T) => T} change */
    update(change) {
      this.set(change(value));
    },
    /** @param {(value: T, before: T) => void} watcher */
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}

/**
 * Calls `draw` once before the next picture, however often it was asked for.
 * @param {() => void} draw
 */
export function onNextFrame(draw) {
  let asked = false;
  const ask = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
  /** True while something is still to be drawn. */
  ask.waiting = () => asked;
  return ask;
}
