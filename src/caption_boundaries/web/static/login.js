// Takes the secret out of the link, exchanges it for a session, and goes on to the page that was asked for.

const message = /** @type {HTMLElement} */ (document.getElementById("message"));
const hint = /** @type {HTMLElement} */ (document.getElementById("hint"));

/** @param {string} text */
function tell(text) {
  message.textContent = text;
  hint.hidden = false;
}

/** Where to go on: only ever to this server. */
function nextPage() {
  const wanted = new URL(new URLSearchParams(location.search).get("next") ?? "/", location.origin);
  return wanted.origin === location.origin ? wanted.pathname : "/";
}

/** @param {string} key */
async function open(key) {
  const response = await fetch("/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ key }),
  });
  const answer = await response.json();
  if (!response.ok) {
    tell(answer.error.message);
    return;
  }
  // Storage belongs to this port alone; a cookie is sent to every port of the machine.
  localStorage.setItem("token", answer.token);
  location.replace(nextPage());
}

const key = new URLSearchParams(location.hash.slice(1)).get("key");
history.replaceState(null, "", location.pathname + location.search);
if (key) open(key).catch(() => tell("The server does not answer."));
else tell("Open the link that the server has printed.");
