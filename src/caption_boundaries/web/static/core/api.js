// The one place that talks to the server.

import { token } from "./token.js";

/** What the server, or the way to it, refused. */
export class ApiError extends Error {
  /**
   * @param {number} status HTTP status; 0: the server was not reached
   * @param {{kind?: string, message?: string, hint?: string, [detail: string]: unknown}} error
   */
  constructor(status, error) {
    super(error.message ?? "Something went wrong.");
    this.status = status;
    this.kind = error.kind ?? "";
    this.hint = error.hint ?? "";
    this.details = error;
  }

  /** True where trying again later may help: nothing was decided. */
  get passing() {
    return this.status === 0 || this.status === 401 || this.status === 503 || this.status >= 520 || this.status === 502;
  }
}

/**
 * @param {string} path below /api/v1
 * @param {RequestInit} options
 * @returns {Promise<any>}
 */
async function call(path, options) {
  let response;
  try {
    response = await fetch(`/api/v1${path}`, {
      ...options,
      headers: { "x-token": token(), ...options.headers },
      cache: "no-store",
    });
  } catch {
    throw new ApiError(0, { kind: "Unreachable", message: "The server does not answer." });
  }
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, answer.error ?? {});
  return answer;
}

/** @param {string} path */
export function get(path) {
  return call(path, {});
}

/**
 * Hands a file of the server to the person: a plain link would not carry the token.
 * @param {string} path below /api/v1
 * @param {string} name
 */
export async function download(path, name) {
  const response = await fetch(`/api/v1${path}`, { headers: { "x-token": token() }, cache: "no-store" }).catch(() => null);
  if (!response) throw new ApiError(0, { kind: "Unreachable", message: "The server does not answer." });
  if (!response.ok) throw new ApiError(response.status, (await response.json().catch(() => ({}))).error ?? {});
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/**
 * @param {string} path
 * @param {unknown} body
 * @param {RequestInit} [options]
 */
export function post(path, body, options = {}) {
  return call(path, {
    ...options,
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

/**
 * Sends a file with a report of how far it has come, which fetch cannot give.
 * @param {string} path
 * @param {Blob} file
 * @param {(share: number) => void} report
 * @returns {Promise<any>}
 */
export function upload(path, file, report) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/v1${path}`);
    request.setRequestHeader("x-token", token());
    request.setRequestHeader("content-type", "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = (event) => report(event.total ? event.loaded / event.total : 0);
    request.onerror = () => reject(new ApiError(0, { message: "The server does not answer." }));
    request.onload = () => {
      if (request.status < 300) resolve(request.response);
      else reject(new ApiError(request.status, request.response?.error ?? {}));
    };
    request.send(file);
  });
}
