// For a merchant's page: opens the payer's page in a frame over it, or in a new tab, and tells what
// becomes of it.
//
//   <script src="https://pay.example/widget.js"></script>
//   Kassa.open({ url: form_url, onStatus: (status) => …, onClose: () => … })
//
// What it tells is for the page's own eyes: whether money came is said by the signed callback alone.
/** As on the wire. */
export type Status = 'processing' | 'dispute' | 'error' | 'success' | 'decline';
export type Options = {
  /** `integration.form_url` of the create's answer. */
  url: string;
  onStatus?: (status: Status) => void;
  onClose?: () => void;
  /** A tab instead of a frame. Browsers allow it only right after a click. */
  tab?: boolean;
};
export type Opened = { close(): void };

const Z_INDEX = '2147483647';

function open(options: Options): Opened {
  return options.tab ? openTab(options) : openFrame(options);
}

function openTab(options: Options): Opened {
  const tab = window.open(options.url, '_blank');
  const watch = setInterval(() => {
    if (tab && !tab.closed) return;
    clearInterval(watch);
    options.onClose?.();
  }, 500);
  return { close: () => tab?.close() };
}

function openFrame(options: Options): Opened {
  const origin = new URL(options.url, location.href).origin;
  const dialog = document.createElement('dialog');
  const frame = document.createElement('iframe');
  const close = document.createElement('button');
  style(dialog, {
    padding: '0', border: '0', margin: 'auto', width: 'min(30rem, 100vw)', height: 'min(46rem, 100dvh)',
    maxWidth: '100vw', maxHeight: '100dvh', borderRadius: '1rem', overflow: 'hidden', zIndex: Z_INDEX,
    background: 'Canvas',
  });
  style(frame, { width: '100%', height: '100%', border: '0', display: 'block' });
  style(close, {
    position: 'absolute', top: '0', left: '50%', transform: 'translateX(-50%)', width: '44px',
    height: '44px', border: '0', background: 'none', font: '24px/1 system-ui', color: 'GrayText', cursor: 'pointer',
  });
  close.type = 'button';
  close.textContent = '×';
  close.setAttribute('aria-label', 'Close');
  frame.title = 'Payment';
  frame.allow = 'clipboard-write';
  frame.referrerPolicy = 'no-referrer';
  frame.src = options.url;
  dialog.append(frame, close);
  document.body.append(dialog);

  const hear = (event: MessageEvent): void => {
    // Anybody may post to this window: only this frame, from where it was opened, is believed.
    if (event.origin !== origin || event.source !== frame.contentWindow) return;
    const { kassa, status } = (event.data ?? {}) as { kassa?: string; status?: Status };
    if (kassa === 'status' && status) options.onStatus?.(status);
    if (kassa === 'close') dialog.close();
  };
  addEventListener('message', hear);
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    removeEventListener('message', hear);
    dialog.remove();
    options.onClose?.();
  });
  dialog.showModal();
  return { close: () => dialog.close() };
}

function style(element: HTMLElement, rules: Partial<CSSStyleDeclaration>): void {
  Object.assign(element.style, rules);
}

(window as unknown as { Kassa: object }).Kassa = { open };
