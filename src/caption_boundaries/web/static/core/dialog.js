// Dialogs: the browser's own element, so that focus, Escape and screen readers work by themselves.

import { html, render } from "../vendor/lit.js";

/**
 * Shows a dialog and resolves with the value of the button that closed it, or null.
 * @param {{title: string, body: unknown, buttons?: {label: string, value: string, primary?: boolean, danger?: boolean}[],
 *   wide?: boolean, onOpen?: (dialog: HTMLDialogElement) => void}} options
 * @returns {Promise<{value: string | null, dialog: HTMLDialogElement}>}
 */
export function showDialog({ title, body, buttons = [{ label: "Close", value: "close", primary: true }], wide, onOpen }) {
  const dialog = document.createElement("dialog");
  dialog.className = wide ? "wide" : "";
  dialog.setAttribute("aria-label", title);
  render(
    html`<form method="dialog" class="body">
        <h2>${title}</h2>
        ${body}
        <button class="visually-hidden" tabindex="-1" aria-hidden="true" value=${buttons.find((b) => b.primary)?.value ?? ""}></button>
      </form>
      <div class="buttons">
        ${buttons.map(
          (button) => html`<button
            type="button"
            class="${button.primary ? "primary" : ""} ${button.danger ? "danger" : ""}"
            data-value=${button.value}
            @click=${() => dialog.close(button.value)}
          >${button.label}</button>`,
        )}
      </div>`,
    dialog,
  );
  document.body.append(dialog);
  dialog.showModal();
  onOpen?.(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve({ value: dialog.returnValue || null, dialog });
      dialog.remove();
    });
  });
}

/**
 * Asks before something that reaches far.
 * @param {string} title
 * @param {unknown} body
 * @param {string} yes
 */
export async function confirmDialog(title, body, yes) {
  const { value } = await showDialog({
    title,
    body,
    buttons: [
      { label: "Cancel", value: "" },
      { label: yes, value: "yes", primary: true },
    ],
    onOpen: (dialog) => /** @type {HTMLElement} */ (dialog.querySelector("[data-value=yes]")).focus(),
  });
  return value === "yes";
}
