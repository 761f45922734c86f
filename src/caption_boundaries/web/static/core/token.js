// The secret that shows this browser's right to data; storage belongs to this port alone.

/** Returns the token of the session; a later login in another tab counts at once. */
export function token() {
  return localStorage.getItem("token") ?? "";
}
