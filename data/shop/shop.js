// The shop's page: asks its own server for an order, then opens the payer's page over itself. Without
// script the form goes to the server, which sends the payer there.
'use strict';
const form = document.querySelector('form');
const state = document.getElementById('state');
const total = document.getElementById('total');
const buttons = [...form.querySelectorAll('button')];
const money = new Intl.NumberFormat('en', { style: 'currency', currency: 'KZT', currencyDisplay: 'narrowSymbol' });
let order; // of the basket as it is
let told = ''; // by the frame: for the eye alone

const say = (text) => (state.textContent = text);
const WORDS = {
  processing: 'Waiting for your transfer…',
  dispute: 'Your transfer is being looked into.',
  error: 'Something went wrong; we are on it.',
  success: 'Paid!',
  decline: 'It was not paid.',
};

form.addEventListener('input', () => {
  order = undefined;
  let minor = 0;
  for (const input of form.querySelectorAll('input')) minor += input.valueAsNumber * Number(input.dataset.price) || 0;
  total.textContent = money.format(minor / 100); // for the eye: the server has its own prices
  for (const button of buttons) button.disabled = minor === 0;
});

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void pay(event.submitter?.value === 'tab');
});

async function pay(tab) {
  for (const button of buttons) button.disabled = true;
  order ??= await makeOrder().catch(() => undefined);
  for (const button of buttons) button.disabled = false;
  if (!order) return say('The order could not be made. Please try again.');
  Kassa.open({ url: order.form_url, tab, onStatus: hear, onClose: () => void look() });
}

function hear(word) {
  told = word;
  say(WORDS[word]);
}

async function makeOrder() {
  const answer = await fetch('/orders', {
    method: 'POST', headers: { accept: 'application/json' }, body: new URLSearchParams(new FormData(form)),
  });
  if (!answer.ok) throw new Error(`orders answered ${answer.status}`);
  return await answer.json();
}

/** The order's own page says what is true: the shop's server knows, since Kassa called it back. */
async function look() {
  const { path } = order;
  const status = await statusOf(path).catch(() => undefined);
  if (told === 'success' || status === 'success') return location.assign(path);
  if (!status) return say('We could not see how your payment stands. Please look again in a moment.');
  say(status === 'processing' ? 'Not paid yet. You can go on where you were.' : WORDS[status]);
  if (status === 'decline') order = undefined; // a second try is another payment
}

async function statusOf(path) {
  const answer = await fetch(path, { headers: { accept: 'application/json' } });
  if (!answer.ok) throw new Error(`the order answered ${answer.status}`);
  return (await answer.json()).status;
}
