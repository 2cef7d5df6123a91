// SPDX-License-Identifier: Apache-2.0
// The way to mk web: what it tells, and what it is asked for.

/** Calls a handler for each event of a name; onLink says whether somebody is there. */
export function follow(handlers, onLink) {
  let refused = 0;
  const open = () => {
    const source = new EventSource('/api/events');
    source.onopen = () => {
      refused = 0;
      onLink(true, '');
    };
    source.onerror = () => {
      onLink(false, 'mk web does not answer: it has ended, or is busy');
      if (source.readyState === EventSource.CLOSED) {
        /* Refused, which the browser takes as final: a new mk web has a new token. */
        onLink(false, 'mk web refuses this page: open the address that it has printed');
        refused++;
        setTimeout(open, Math.min(30, 2 ** refused) * 1000);
      }
    };
    for (const [name, handler] of Object.entries(handlers)) {
      source.addEventListener(name, event => handler(JSON.parse(event.data)));
    }
  };
  open();
}

async function answer(response) {
  let told;
  try {
    told = await response.json();
  } catch (none) {
    throw new Error('mk web answers with ' + response.status);
  }
  if (!response.ok) {
    throw new Error(told.error || 'mk web answers with ' + response.status);
  }
  return told;
}

/** Asks for something that is to be done. */
export async function post(request) {
  return answer(await fetch('/api/verb', {method: 'POST', headers: {'Content-Type': 'application/json'},
    body: JSON.stringify(request), credentials: 'same-origin'}));
}

/** Asks for something that is to be shown. */
export async function get(path) {
  return answer(await fetch('/api/' + path, {credentials: 'same-origin'}));
}
