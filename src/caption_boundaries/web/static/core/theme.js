// Light, dark, or as the system says.

/** @typedef {"system" | "light" | "dark"} Theme */

/** @returns {Theme} */
export function theme() {
  const known = localStorage.getItem("theme");
  return known === "light" || known === "dark" ? known : "system";
}

/** @param {Theme} wanted */
export function setTheme(wanted) {
  localStorage.setItem("theme", wanted);
  applyTheme();
}

export function applyTheme() {
  const wanted = theme();
  if (wanted === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = wanted;
}

/** True where the page is dark now. */
export function isDark() {
  return theme() === "dark" || (theme() === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
}

applyTheme();
