// Pictures by index, decoded before they are shown. What is shown for an index is that index's picture, or nothing.

export class Pictures {
  /**
   * @param {(index: number) => string} address
   * @param {(index: number) => void} onReady called when a picture can be shown
   * @param {number} [kept] how many stay decoded
   */
  constructor(address, onReady, kept = 80) {
    this.address = address;
    this.onReady = onReady;
    this.kept = kept;
    /** @type {Map<number, {image: HTMLImageElement, ready: boolean, failed: boolean}>} */
    this.entries = new Map();
  }

  /** Returns the decoded picture of an index, or null while it is on its way. @param {number} index */
  get(index) {
    const entry = this.entries.get(index);
    if (!entry) {
      this.fetch(index);
      return null;
    }
    // Used again: the last to be given up.
    this.entries.delete(index);
    this.entries.set(index, entry);
    return entry.ready ? entry.image : null;
  }

  /** True where the picture could not be had. @param {number} index */
  failed(index) {
    return this.entries.get(index)?.failed ?? false;
  }

  /** Asks for pictures that will be wanted soon. @param {Iterable<number>} indices */
  prefetch(indices) {
    for (const index of indices) if (!this.entries.has(index)) this.fetch(index);
  }

  /** @param {number} index */
  fetch(index) {
    const image = new Image();
    const entry = { image, ready: false, failed: false };
    this.entries.set(index, entry);
    image.src = this.address(index);
    image
      .decode()
      .then(() => (entry.ready = true))
      .catch(() => (entry.failed = true))
      .then(() => this.onReady(index));
    while (this.entries.size > this.kept) {
      const [eldest] = this.entries.keys();
      this.entries.delete(eldest);
    }
  }
}
