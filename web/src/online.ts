// The line that says that there is no connection. Its place is always there, so that it is read out.
export function setOnline(online: boolean): void {
  const line = document.querySelector<HTMLElement>('.offline');
  if (!line) return;
  const text = online ? '' : line.dataset['text']!;
  if (line.textContent !== text) line.textContent = text;
}
