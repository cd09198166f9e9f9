// In a merchant's frame (widget.js): tells it what happens. The parent is whoever opened the frame; only
// the project's own origins may (frame-ancestors), and no payment's data goes out.
export function tell(what: 'state' | 'close', tone = ''): boolean {
  if (parent === window) return false;
  parent.postMessage({ kassa: what, tone }, '*');
  return true;
}
