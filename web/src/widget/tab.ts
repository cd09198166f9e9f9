// The payer's page in a tab of its own.
import { hear } from './hear.ts';
import { openModal } from './modal.ts';
import type { Opened, Options } from './options.ts';

const NAME = 'kassa'; // a second press finds the same tab
const LOOK_EVERY_MS = 500;

/** A tab that the browser does not allow becomes a frame that has a link to press. */
export function openTab(url: URL, options: Options, ended: () => void): Opened {
  return tryTab(url, options, ended) ?? openModal(url, options, ended, { asLink: true });
}

export function tryTab(url: URL, options: Options, ended: () => void): Opened | undefined {
  const tab = window.open(url, NAME);
  if (!tab) return undefined;
  const silence = hear(url, () => tab, options, {});
  // No event says that a tab was closed.
  const watch = setInterval(() => {
    if (!tab.closed) return;
    clearInterval(watch);
    silence();
    ended();
  }, LOOK_EVERY_MS);
  return { close: () => tab.close() };
}
