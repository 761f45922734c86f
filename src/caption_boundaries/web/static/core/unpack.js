// Long columns of numbers, which the server sends as base64 of their bytes. Pure: tested in Node.

/** @param {string} text */
function bytes(text) {
  const raw = atob(text);
  const found = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i += 1) found[i] = raw.charCodeAt(i);
  return found.buffer;
}

/** @param {string} text */
export const int8 = (text) => new Int8Array(bytes(text));
/** @param {string} text */
export const int32 = (text) => new Int32Array(bytes(text));
/** @param {string} text */
export const uint16 = (text) => new Uint16Array(bytes(text));
/** @param {string} text */
export const float32 = (text) => new Float32Array(bytes(text));
