// A press of the payer's goes until it has arrived: through a hole in the line, or a server that is
// busy. Said twice it is the same, so it may be sent again; the last press is what the payer wants.
import { setUnsent } from './online.ts';
import { page, step } from './swap.ts';

const AGAIN_MS = 3_000;

type Press = { action: string; body: URLSearchParams };

let wanted: Press | undefined;
let isGoing = false;
let wake: (() => void) | undefined;

/** The page still offers it: else it has become another state, and there is nothing to press. */
const formOf = (press: Press): HTMLFormElement | undefined =>
  [...page().querySelectorAll<HTMLFormElement>('form[data-send]')].find(({ action }) => action === press.action);

export async function deliver(press: Press): Promise<void> {
  wanted = press;
  wake?.();
  if (isGoing) return;
  isGoing = true;
  addEventListener('online', wakeUp);
  while (wanted && formOf(wanted)) {
    const trying: Press = wanted;
    if ((await attempt(trying)) !== 'unheard' && wanted === trying) break;
    if (wanted !== trying) continue;
    setUnsent(true);
    await new Promise<void>((next) => {
      wake = next;
      setTimeout(next, AGAIN_MS);
    });
  }
  removeEventListener('online', wakeUp);
  wanted = undefined;
  isGoing = false;
  setUnsent(false);
}

const wakeUp = (): void => wake?.();

async function attempt(press: Press): ReturnType<typeof step> {
  const button = formOf(press)?.querySelector('button');
  button?.classList.add('busy');
  const came = await step(press.action, { method: 'POST', body: press.body });
  button?.classList.remove('busy');
  return came;
}
