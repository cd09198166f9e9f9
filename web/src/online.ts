// The line that says that there is no connection, or what waits for one. Its place is always there,
// so that it is read out; it stays in view, wherever the payer has scrolled.
let isOnline = true;
let isUnsent = false;

export function setOnline(online: boolean): void {
  isOnline = online;
  show();
}

/** A press that has not arrived, and is sent again. */
export function setUnsent(unsent: boolean): void {
  isUnsent = unsent;
  show();
}

function show(): void {
  const line = document.querySelector<HTMLElement>('.offline');
  if (!line) return;
  const text = isUnsent ? line.dataset['unsent']! : isOnline ? '' : line.dataset['text']!;
  if (line.textContent !== text) line.textContent = text;
}
