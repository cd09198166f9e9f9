// What the payer presses: copy, links and forms of the page, the question before a cancel, a receipt.
import { tellClose } from './frame.ts';
import { sendReceipt } from './receipt.ts';
import { page, step } from './swap.ts';

const COPIED_MS = 2_000;

/** Listens on the document, so that it holds for every `main` to come. */
export function press(): void {
  document.addEventListener('click', (event) => {
    const target = event.target as Element;
    const copy = target.closest<HTMLElement>('[data-copy]');
    if (copy) return void copyFrom(copy);
    const link = target.closest<HTMLAnchorElement>('a[data-ask], a[data-go], a#back');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return closeLanguages(target);
    if (link.id === 'back') {
      if (tellClose()) event.preventDefault();
      return;
    }
    event.preventDefault();
    if ('go' in link.dataset) void step(link.href);
    else page().querySelector('dialog')!.showModal();
  });
  document.addEventListener('submit', (event) => {
    const form = event.target as HTMLFormElement;
    if (form.id === 'receipt') {
      event.preventDefault();
      sendReceipt(form);
    } else if ('send' in form.dataset) {
      event.preventDefault();
      void send(form, event.submitter as HTMLButtonElement | null);
    }
  });
}

async function copyFrom(button: HTMLElement): Promise<void> {
  const text = button.dataset['copy']!;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyTheOldWay(text);
  }
  button.classList.add('done');
  document.getElementById('news')!.textContent = button.dataset['done']!;
  setTimeout(() => {
    button.classList.remove('done');
    document.getElementById('news')!.textContent = '';
  }, COPIED_MS);
}

/** For a page that is not served over TLS, or an old phone. */
function copyTheOldWay(text: string): void {
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'hear';
  document.body.append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
}

async function send(form: HTMLFormElement, button: HTMLButtonElement | null): Promise<void> {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form, button)) body.append(name, value as string);
  form.closest('dialog')?.close();
  button?.classList.add('busy');
  await step(form.action, { method: 'POST', body });
  button?.classList.remove('busy');
}

function closeLanguages(target: Element): void {
  const menu = document.querySelector<HTMLDetailsElement>('.languages');
  if (menu && !menu.contains(target)) menu.open = false;
}
