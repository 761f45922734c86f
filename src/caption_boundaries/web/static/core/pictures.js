// Pictures by index, decoded before they are shown. What is shown for an index is that index's picture, or nothing.

/** Decoded pixels that are kept at most, four bytes each; a browser would drop decoded pictures just when they are drawn. */
const PIXELS = 48_000_000;
/** Pictures that are kept however large they are. */
const LEAST = 12;

/** @typedef {{bitmap: ImageBitmap | null, failed: boolean, gone: boolean}} Entry */

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
    this.pixels = 0;
    /** @type {Map<number, Entry>} */
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
    return entry.bitmap;
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
    /** @type {Entry} */
    const entry = { bitmap: null, failed: false, gone: false };
    this.entries.set(index, entry);
    this.decode(index, entry)
      .catch(() => (entry.failed = true))
      .then(() => this.onReady(index));
    this.trim();
  }

  /** @param {number} index @param {Entry} entry */
  async decode(index, entry) {
    const image = new Image();
    image.src = this.address(index);
    await image.decode();
    const bitmap = await createImageBitmap(image);
    if (entry.gone) {
      bitmap.close();
      return;
    }
    entry.bitmap = bitmap;
    this.pixels += bitmap.width * bitmap.height;
    this.trim();
  }

  /** Gives up what was not used for longest. */
  trim() {
    while (this.entries.size > this.kept || (this.pixels > PIXELS && this.entries.size > LEAST)) {
      const [[eldest, entry]] = this.entries;
      this.entries.delete(eldest);
      entry.gone = true;
      if (!entry.bitmap) continue;
      this.pixels -= entry.bitmap.width * entry.bitmap.height;
      entry.bitmap.close();
      entry.bitmap = null;
    }
  }
}
