// What the payer presses: copy, links and forms of the page, the question before a cancel, a receipt.
import { deliver } from './deliver.ts';
import { leaveFrame, tellClose } from './frame.ts';
import { showNews, tellNews } from './news.ts';
import { isInUse, sendReceipt, showPicked } from './receipt.ts';
import { page, step } from './swap.ts';

const COPIED_MS = 2_000;

/** Listens on the document, so that it holds for every `main` to come. */
export function press(): void {
  document.addEventListener('click', (event) => {
    const target = event.target as Element;
    const copy = target.closest<HTMLElement>('[data-copy]');
    if (copy) return void copyFrom(copy);
    if (target.closest('#close')) return void tellClose();
    const link = target.closest<HTMLAnchorElement>('a[data-ask], a[data-go], a[rel=noreferrer]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return closeLanguages(target);
    if (link.rel) {
      if (link.id === 'back' && tellClose()) event.preventDefault();
      else leaveFrame(link);
      return;
    }
    event.preventDefault();
    if ('go' in link.dataset) void step(link.href);
    else ask(page().querySelector('dialog')!);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') escape(event);
  });
  document.addEventListener('change', (event) => {
    const form = (event.target as Element).closest<HTMLFormElement>('#receipt');
    if (form) showPicked(form);
  });
  document.addEventListener('submit', (event) => {
    const form = event.target as HTMLFormElement;
    if (form.id === 'receipt') {
      event.preventDefault();
      sendReceipt(form);
    } else if ('send' in form.dataset) {
      event.preventDefault();
      send(form, event.submitter as HTMLButtonElement | null);
    }
  });
}

/** A hasty Enter answers no. (An `autofocus` is complained of within a frame.) */
function ask(dialog: HTMLDialogElement): void {
  dialog.showModal();
  dialog.querySelector<HTMLElement>('.second')!.focus();
}

async function copyFrom(button: HTMLElement): Promise<void> {
  const text = button.dataset['copy']!;
  const isCopied = await navigator.clipboard.writeText(text).then(() => true, () => copyTheOldWay(text));
  if (!isCopied) {
    // What is pasted now is something else: the payer must know.
    getSelection()?.selectAllChildren(button.parentElement!);
    return showNews(button.dataset['failed']!);
  }
  button.classList.add('done');
  tellNews(button.dataset['done']!);
  setTimeout(() => {
    button.classList.remove('done');
    tellNews('');
  }, COPIED_MS);
}

/** For a page that is not served over TLS, or an old phone. */
function copyTheOldWay(text: string): boolean {
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'hear';
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  return isCopied;
}

function send(form: HTMLFormElement, button: HTMLButtonElement | null): void {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form, button)) body.append(name, value as string);
  form.closest('dialog')?.close();
  void deliver({ action: form.action, body });
}

/** Closes what is uppermost: a question (the browser does), the languages, a search, the frame; that
    not while a receipt is picked or under way. */
function escape(event: KeyboardEvent): void {
  const menu = document.querySelector<HTMLDetailsElement>('.languages[open]');
  if (document.querySelector('dialog[open]')) return;
  if (menu) {
    menu.open = false;
    menu.querySelector('summary')!.focus();
    return;
  }
  const form = document.querySelector<HTMLFormElement>('#receipt');
  if (!(event.target as Partial<HTMLInputElement>).value && !(form && isInUse(form))) {
    tellClose();
  }
}

function closeLanguages(target: Element): void {
  const menu = document.querySelector<HTMLDetailsElement>('.languages');
  if (menu && !menu.contains(target)) menu.open = false;
}
