// What every canvas of the tools needs.

/**
 * Gives a canvas one pixel for each of the screen's, and makes the units of drawing those of the page.
 * @param {CanvasRenderingContext2D} context
 * @returns {{width: number, height: number}} its size in pixels of the page
 */
export function fitToScreen(context) {
  const { canvas } = context;
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { width, height };
}
