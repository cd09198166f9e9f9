// For a merchant's page: opens the payer's page in a frame over it, or in a new tab, and tells what
// becomes of it.
//
//   <script src="https://pay.example/pay/widget.js"></script>
//   Kassa.open({ url: form_url, onStatus: (status) => …, onClose: () => … })
//
// A frame needs the merchant's origin in the project's `page.origins`; where it is not there, the page
// opens in a tab. What is told is for the page's own eyes: whether money came is said by the signed
// callback alone.
import { openModal } from './widget/modal.ts';
import { openTab } from './widget/tab.ts';
import type { Opened, Options } from './widget/options.ts';

let present: { url: string; opened: Opened } | undefined;

/** One at a time: the same link again is the same, another one closes what is open. */
function open(options: Options): Opened {
  const url = new URL(options.url, location.href);
  if (!/^https?:$/.test(url.protocol)) throw new TypeError('Kassa.open: url must be the form_url of a payment');
  if (present?.url === url.href) return present.opened;
  present?.opened.close();
  const mine = { url: url.href, opened: undefined as unknown as Opened };
  const ended = (): void => {
    if (present === mine) present = undefined;
    options.onClose?.();
  };
  present = mine;
  mine.opened = options.tab ? openTab(url, options, ended) : openModal(url, options, ended);
  return mine.opened;
}

(window as unknown as { Kassa: object }).Kassa = { open };
