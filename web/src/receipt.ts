// Sends a receipt with its progress; what can't be taken is said before it is sent.
import { refresh } from './swap.ts';

const BYTES_MAX = 10 * 1024 * 1024;
const KINDS = ['application/pdf', 'image/jpeg', 'image/png'];

export function sendReceipt(form: HTMLFormElement): void {
  const file = form.querySelector('input')!.files?.[0];
  const say = (text: string) => (form.querySelector('.hint')!.textContent = text);
  if (!file) return;
  if (file.size > BYTES_MAX) return void say(form.dataset['large']!);
  if (!KINDS.includes(file.type)) return void say(form.dataset['kind']!);
  const progress = form.querySelector('progress')!;
  const button = form.querySelector('button')!;
  const request = new XMLHttpRequest();
  request.open('POST', form.action);
  request.setRequestHeader('content-type', file.type); // the file itself: answered in JSON, not by a page
  request.upload.onprogress = (event) => (progress.value = (100 * event.loaded) / event.total);
  request.onloadend = () => {
    progress.hidden = true;
    button.classList.remove('busy');
    const { status } = request;
    if (status >= 200 && status < 300) {
      form.reset();
      say(form.dataset['sent']!);
      void refresh();
    } else {
      say(form.dataset[status === 413 ? 'large' : status === 415 ? 'kind' : 'failed']!);
    }
  };
  progress.value = 0;
  progress.hidden = false;
  button.classList.add('busy');
  say(form.dataset['sending']!);
  request.send(file);
}
