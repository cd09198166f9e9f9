// Life for the payer's page. The server renders every state; this script only notices that the state
// has changed, fetches the same page again, and exchanges `main`. Without it the page still works.
import { countDown } from './count.ts';
import { tellStatus } from './frame.ts';
import { follow } from './follow.ts';
import { press } from './press.ts';
import { arrange } from './arrange.ts';
import { page, refresh } from './swap.ts';

arrange();
press();
countDown();
tellStatus(page().dataset['status']!);
if (!('final' in page().dataset)) follow();

// A page that comes back from the browser's memory or from behind other windows may be old.
addEventListener('pageshow', (event) => {
  if (event.persisted) void refresh();
});
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void refresh();
});
addEventListener('popstate', () => void refresh());
