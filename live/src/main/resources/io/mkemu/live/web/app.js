// SPDX-License-Identifier: Apache-2.0
// Brings what mk web tells to the parts of the page.

import {bytes, choice, count, duration, h, sync, text} from './format.js';
import {Kernels} from './kernels.js';
import {follow, post} from './link.js';
import {Logs} from './logs.js';
import {Matrix} from './matrix.js';
import {Memory} from './memory.js';
import {Rates} from './rates.js';
import {Recording} from './recording.js';
import {Trace} from './trace.js';

const TOAST_MILLIS = 8000;
const MODES = ['off', 'lifecycle', 'ipi', 'all'];
const $ = selector => document.querySelector(selector);

function toast(words, bad) {
  const element = h('p', {class: bad ? 'toast bad' : 'toast', text: (bad ? '\u2715 ' : '\u2713 ') + words});
  $('#toasts').append(element);
  setTimeout(() => element.remove(), TOAST_MILLIS);
}

const parts = {
  kernels: new Kernels($('#kernels'), toast),
  matrix: new Matrix($('#matrix'), $('#lanes')),
  memory: new Memory($('#memory')),
  rates: new Rates($('#rates')),
  trace: new Trace($('#latency'), $('#timeline')),
  logs: new Logs($('#logs')),
};

let live = false;
let recorded = false;
let linked = false;
let status = {state: 'running'};
let born = 0;

choice($('#trace-mode'), 'trace', MODES.map(mode => [mode, mode]), '', async mode => {
  try {
    toast((await post({verb: 'trace', mode})).text, false);
  } catch (refused) {
    toast(refused.message, true);
  }
});

function notice() {
  const words = !linked ? linkWords : status.text || '';
  $('#notice').hidden = !words;
  text($('#notice'), words);
  document.body.classList.toggle('stale', live && (!linked || status.state !== 'running'));
}

let linkWords = '';
function onLink(up, words) {
  linked = up;
  linkWords = words;
  if (!up) {
    pill('no answer', 'failed');
  }
  notice();
}

function pill(words, state) {
  text($('#state'), words);
  $('#state').dataset.state = state;
}

function facts(list) {
  sync($('#facts'), list, fact => fact[0], fact => h('div', {}, h('dt', {text: fact[0]}), h('dd')),
    (element, fact) => text(element.lastChild, fact[1]));
}

function totals(snapshot, rates) {
  const active = snapshot.kernels.filter(kernel => kernel.state === 'active').length;
  const failed = snapshot.kernels.filter(kernel => kernel.state === 'failed').length;
  const waiting = snapshot.lanes.reduce((sum, lane) => sum + lane.waiting, 0);
  const list = [['kernels active', active + ' of ' + snapshot.kernels.length, failed ? failed + ' failed' : ''],
    ['sent', rates ? count(rates.sent) : '\u2013', 'messages/s'],
    ['received', rates ? count(rates.received) : '\u2013', 'messages/s'],
    ['interrupts', rates ? count(rates.interrupts) : '\u2013', 'a second'],
    ['refused', rates ? count(rates.refused) : '\u2013', 'lane full, a second'],
    ['waiting', count(waiting), 'messages in lanes']];
  sync($('#totals'), list, total => total[0], total => h('div', {class: 'total'}, h('span', {class: 'what',
    text: total[0]}), h('strong'), h('span', {class: 'unit'})), (element, total) => {
    text(element.children[1], total[1]);
    text(element.children[2], total[2]);
  });
}

function show(snapshot, rates, paused) {
  const runs = status.state === 'running' && snapshot.state === 'running';
  document.title = snapshot.machine + ' \u2013 mkemu';
  text($('#machine'), snapshot.machine);
  pill(live ? (runs ? 'running' : snapshot.state === 'dead' && status.state === 'running' ? 'dead' : status.state)
    : 'recorded', runs || !live ? 'active' : 'failed');
  facts([['up', duration(snapshot.upNanos)], ['mailbox', snapshot.ipi],
    ...(snapshot.ramBytes ? [['RAM', bytes(snapshot.ramBytes)]] : []),
    ['CPUs', String(snapshot.cpus.length)], ...(snapshot.pid ? [['host pid', String(snapshot.pid)]] : [])]);
  $('#trace-mode').hidden = !live;
  $('#trace-mode').disabled = !runs;
  document.querySelectorAll('#trace-mode input').forEach(input => {
    input.checked = input.value === snapshot.trace.mode;
  });
  totals(snapshot, rates);
  parts.kernels.show(snapshot, rates, runs, paused);
  parts.matrix.show(snapshot, rates);
  parts.trace.names(snapshot);
  $('#problems').hidden = snapshot.problems.length === 0;
  text($('#problems'), snapshot.problems.join('; '));
}

follow({
  hello(told) {
    live = told.mode === 'live';
    parts.kernels.live = live;
    document.body.dataset.mode = told.mode;
    if (!live) {
      if (!recorded) {
        recorded = true;
        new Recording($('#player'), parts, show, told);
      }
    }
  },
  status(told) {
    status = told;
    notice();
  },
  snapshot({snapshot, rates, paused}) {
    const now = snapshot.takenNanos - snapshot.upNanos;
    if (now !== born) {
      /* Another machine of that name: nothing of the former one holds good. */
      born = now;
      parts.rates.forget();
    }
    show(snapshot, rates, paused);
    parts.memory.show(snapshot);
    parts.rates.show(snapshot, rates);
  },
  log({lines, fresh}) {
    if (fresh) {
      parts.logs.forget();
      parts.kernels.forget();
    }
    parts.kernels.log(lines);
    parts.logs.add(lines);
  },
  trace(told) {
    parts.trace.show(told);
  },
}, onLink);
