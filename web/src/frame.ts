// The merchant's page around this one (widget.js): in whose frame it stands, or which opened its tab.
// Both sides look whom they speak with. This page says "ready" to whoever is there, which tells
// nothing; only whoever answers from an origin of the project's list is told what happens.
const isFramed = parent !== window;
const host = (isFramed ? parent : opener) as Window | null;
const origins = (document.body.dataset['origins'] ?? '').split(' ').filter(Boolean);

let known = ''; // the origin that answered
let status = '';

export function meetHost(): void {
  if (isFramed) document.body.classList.add('framed'); // browsers of today tell the server so
  if (!host || origins.length === 0) return;
  addEventListener('message', (event) => {
    if (event.source !== host || !origins.includes(event.origin)) return;
    if ((event.data as { kassa?: string } | null)?.kassa !== 'hello') return;
    known = event.origin;
    tell({ kassa: 'status', status });
  });
  host.postMessage({ kassa: 'ready' }, '*');
}

export function tellStatus(now: string): void {
  if (now !== status) tell({ kassa: 'status', status: now });
  status = now;
}

/** True if there is a merchant's page to go back to: it is just behind the frame. */
export function tellClose(): boolean {
  return isFramed && tell({ kassa: 'close' });
}

/** A button that closes the frame is there for who is in one. */
export function showClose(): void {
  const button = document.getElementById('close');
  if (button) button.hidden = !isFramed;
}

/** A frame shows nobody else's pages: the shop opens around it, a bank beside it. */
export function leaveFrame(link: HTMLAnchorElement): void {
  if (isFramed) link.target = link.id === 'back' ? '_top' : '_blank';
}

function tell(message: object): boolean {
  if (known) host!.postMessage(message, known);
  return known !== '';
}
