// In a merchant's frame (widget.js): tells it what happens. Only the project's own origins may show the
// page in a frame (frame-ancestors), and nothing but the status goes out.
const isFramed = parent !== window;

export function tellStatus(status: string): void {
  if (isFramed) parent.postMessage({ kassa: 'status', status }, '*');
}

/** True if there is a merchant's page to go back to: it is just behind the frame. */
export function tellClose(): boolean {
  if (isFramed) parent.postMessage({ kassa: 'close' }, '*');
  return isFramed;
}
