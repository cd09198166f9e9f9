// The payer's page in a frame over the merchant's. It stands in a shadow tree, so that neither page's
// style reaches the other's, and in the browser's own modal dialog, which keeps the focus in it and
// gives it back.
import { hear } from './hear.ts';
import type { Opened, Options } from './options.ts';
import { tryTab } from './tab.ts';
import { wordsOf } from './words.ts';
import css from './modal.css?inline';

/** How long after it has loaded a page may be silent. One that may not be framed is silent for ever. */
const SILENCE_MS = 1_000;

export function openModal(url: URL, options: Options, ended: () => void, how: { asLink?: boolean } = {}): Opened {
  const words = wordsOf(options.language ?? document.documentElement.lang);
  const root = document.createElement('div');
  const dialog = make('dialog', { ariaLabel: words.title });
  const close = make('button', { type: 'button', className: 'close', ariaLabel: words.close });
  const frame = make('iframe', { title: words.title, allow: 'clipboard-write', referrerPolicy: 'no-referrer' });
  const shadow = root.attachShadow({ mode: 'open' });
  dress(shadow);
  shadow.append(dialog);
  dialog.append(close);
  document.body.append(root);

  let inTab: Opened | undefined;
  let silent: ReturnType<typeof setTimeout> | undefined;
  const silence = hear(url, () => frame.contentWindow, options, {
    ready: () => {
      clearTimeout(silent);
      dialog.classList.add('ready');
      frame.dataset['ready'] = '';
      // Until now the keys were the dialog's own, so that Escape closes one that still loads.
      if (shadow.activeElement === close) frame.focus();
    },
    close: () => shut(),
  });
  const unlock = lockScroll();
  const toTab = (): boolean => {
    inTab ??= tryTab(url, options, ended);
    if (inTab) shut();
    return inTab !== undefined;
  };
  const showLink = (): void => {
    const link = make('a', { href: url.href, className: 'go', textContent: words.go });
    link.addEventListener('click', (event) => {
      event.preventDefault();
      toTab();
    });
    const panel = make('div', { className: 'panel' });
    panel.append(make('p', { textContent: words.tab }), link);
    frame.remove();
    dialog.classList.add('ready');
    dialog.append(panel);
    link.focus();
  };
  frame.addEventListener('load', () => {
    if ('ready' in frame.dataset) return;
    clearTimeout(silent);
    silent = setTimeout(() => toTab() || showLink(), SILENCE_MS);
  });
  const shut = (): void => {
    if (!root.isConnected) return;
    dialog.close(); // gives the focus back
    clearTimeout(silent);
    silence();
    unlock();
    root.remove();
    if (!inTab) ended();
  };
  close.addEventListener('click', shut);
  dialog.addEventListener('close', shut); // by Escape, or a phone's back
  dialog.showModal();
  if (how.asLink) {
    showLink();
  } else {
    frame.src = url.href;
    dialog.append(frame);
  }
  return { close: () => (inTab ? inTab.close() : shut()) };
}

function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name, values: Partial<HTMLElementTagNameMap[Name]>,
): HTMLElementTagNameMap[Name] {
  return Object.assign(document.createElement(name), values);
}

/** By a sheet of the script's, which a policy without inline styles allows; by an element in old browsers. */
function dress(shadow: ShadowRoot): void {
  if ('adoptedStyleSheets' in shadow) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    shadow.adoptedStyleSheets = [sheet];
  } else {
    (shadow as ShadowRoot).append(make('style', { textContent: css }));
  }
}

/** The page behind stays where it is, and as wide as it is. */
function lockScroll(): () => void {
  const { style, clientWidth } = document.documentElement;
  const { overflow, paddingRight } = style;
  const bar = innerWidth - clientWidth;
  style.overflow = 'hidden';
  if (bar > 0) style.paddingRight = `${bar}px`;
  return () => Object.assign(style, { overflow, paddingRight });
}
