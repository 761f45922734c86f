// Pictures by index, decoded before they are shown. What is shown for an index is that index's picture, or nothing.

/** Decoded pixels that are kept at most, four bytes each; a browser would drop decoded pictures just when they are drawn. */
const PIXELS = 48_000_000;
/** Pictures that are kept however large they are. */
const LEAST = 12;

/** @typedef {{address: string, bitmap: ImageBitmap | null, failed: boolean, gone: boolean}} Entry */

export class Pictures {
  /**
   * @param {(index: number) => string} address another one than before: the picture was made anew
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
    const entry = this.current(index);
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
    return this.current(index)?.failed ?? false;
  }

  /** Asks for pictures that will be wanted soon. @param {Iterable<number>} indices */
  prefetch(indices) {
    for (const index of indices) if (!this.current(index)) this.fetch(index);
  }

  /** Returns what is known of the picture that an index has now. @param {number} index */
  current(index) {
    const entry = this.entries.get(index);
    return entry?.address === this.address(index) ? entry : undefined;
  }

  /** @param {number} index */
  fetch(index) {
    this.giveUp(index);
    /** @type {Entry} */
    const entry = { address: this.address(index), bitmap: null, failed: false, gone: false };
    this.entries.set(index, entry);
    this.decode(entry)
      .catch(() => (entry.failed = true))
      .then(() => this.onReady(index));
    this.trim();
  }

  /** @param {Entry} entry */
  async decode(entry) {
    const image = new Image();
    image.src = entry.address;
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
      const [eldest] = this.entries.keys();
      this.giveUp(eldest);
    }
  }

  /** @param {number} index */
  giveUp(index) {
    const entry = this.entries.get(index);
    if (!entry) return;
    this.entries.delete(index);
    entry.gone = true;
    if (!entry.bitmap) return;
    this.pixels -= entry.bitmap.width * entry.bitmap.height;
    entry.bitmap.close();
    entry.bitmap = null;
  }
}
