// Sends a receipt with its progress. What can't be taken for sure is said before it is sent; what it
// is the server sees by its bytes.
import { page, refresh } from './swap.ts';

const BYTES_MAX = 10 * 1024 * 1024;
const KINDS = ['application/pdf', 'image/jpeg', 'image/png'];
const UNKNOWN = 'application/octet-stream'; // a name without an ending has no type

const inputOf = (form: HTMLFormElement): HTMLInputElement => form.querySelector('input')!;

/** A file is picked, or under way. */
export const isInUse = (form: HTMLFormElement): boolean => 'busy' in form.dataset || inputOf(form).files!.length > 0;

/** The page's own words in place of the browser's: a button, then the file's name. */
export function showPicked(form: HTMLFormElement): void {
  const words = form.querySelector<HTMLElement>('.pick span')!;
  words.dataset['empty'] ??= words.textContent!;
  words.textContent = inputOf(form).files?.[0]?.name ?? words.dataset['empty'];
  say(form, '');
}

function say(form: HTMLFormElement, text: string, wrong = false): void {
  const line = form.querySelector('.hint')!;
  line.textContent = text;
  line.classList.toggle('wrong', wrong);
  if (wrong) inputOf(form).setAttribute('aria-invalid', 'true');
  else inputOf(form).removeAttribute('aria-invalid');
}

export function sendReceipt(form: HTMLFormElement): void {
  const file = inputOf(form).files?.[0];
  if (!file || 'busy' in form.dataset) return;
  const refuse = (why: 'large' | 'kind' | 'other' | 'failed') => say(form, form.dataset[why]!, true);
  if (file.size > BYTES_MAX) return refuse('large');
  const type = file.type || UNKNOWN;
  if (type !== UNKNOWN && !KINDS.includes(type)) return refuse('kind');
  const progress = form.querySelector('progress')!;
  const request = new XMLHttpRequest();
  request.open('POST', form.action);
  request.setRequestHeader('content-type', type); // the file itself: answered in JSON, not by a page
  request.upload.onprogress = (event) => (progress.value = (100 * event.loaded) / event.total);
  request.onloadend = () => {
    setBusy(form, false);
    const { status } = request;
    if (status >= 200 && status < 300) return void taken(form);
    refuse(status === 413 ? 'large' : status === 415 ? 'kind' : status === 409 ? 'other' : 'failed');
    if (status === 409) void refresh(); // or the payment takes none any more
  };
  progress.value = 0;
  say(form, form.dataset['sending']!);
  setBusy(form, true);
  request.send(file);
}

function setBusy(form: HTMLFormElement, busy: boolean): void {
  form.toggleAttribute('data-busy', busy);
  form.querySelector('button')!.disabled = busy;
  inputOf(form).disabled = busy;
  form.querySelector('progress')!.hidden = !busy;
}

async function taken(form: HTMLFormElement): Promise<void> {
  form.reset();
  showPicked(form);
  await refresh();
  page().querySelector<HTMLElement>('.sent')?.focus({ preventScroll: true });
}
