// SPDX-License-Identifier: Apache-2.0
// The kernels as cards.

import {bytes, color, count, h, sync, text} from './format.js';
import {post} from './link.js';

const GLYPHS = {paused: '\u2016', active: '\u25cf', loaded: '\u25d0', ready: '\u25cb', failed: '\u2715', empty: '\u00b7'};
const SURE_MILLIS = 4000;
const MANY = 10;

/** What a state looks like. */
function state(name) {
  return (GLYPHS[name] || '?') + ' ' + name;
}

export class Kernels {
  constructor(section, toast) {
    this.section = section;
    this.cards = section.querySelector('.cards');
    this.toast = toast;
    this.live = false;
    this.lastWords = new Map();
  }

  /** Keeps what a kernel itself said last, for when it fails. */
  log(lines) {
    for (const line of lines) {
      if (!/^(mkemu|Command line): /.test(line.text)) {
        this.lastWords.set(line.kernel, line);
      }
    }
  }

  forget() {
    this.lastWords.clear();
  }

  show(snapshot, rates, runs, paused) {
    this.paused = new Set(paused || []);
    const byKernel = new Map((rates?.kernels || []).map(one => [one.id, one]));
    const timeOf = new Map((rates?.cpus || []).map(one => [one.id, one.time]));
    const cpusOf = new Map();
    snapshot.cpus.forEach(cpu => cpusOf.set(cpu.kernel, [...(cpusOf.get(cpu.kernel) || []), cpu]));
    this.cards.classList.toggle('many', snapshot.kernels.length > MANY);
    sync(this.cards, snapshot.kernels, kernel => kernel.id, kernel => this.make(kernel), (card, kernel) =>
      this.update(card, kernel, cpusOf.get(kernel.id) || [], byKernel.get(kernel.id), timeOf, runs));
  }

  make(kernel) {
    const card = h('article', {class: 'kernel', 'aria-labelledby': 'kernel-' + kernel.id},
      h('header', {}, h('i', {class: 'swatch', style: {background: color(kernel.id)}}),
        h('h3', {id: 'kernel-' + kernel.id}), h('span', {class: 'id', text: '#' + kernel.id}),
        h('span', {class: 'pill state'})),
      h('p', {class: 'about'}),
      h('p', {class: 'reason', hidden: true}),
      h('ul', {class: 'cpus'}),
      h('dl', {class: 'numbers'}));
    if (kernel.id !== 0) {
      card.append(h('div', {class: 'actions'},
        this.button(card, kernel, 'exec', 'exec', false), this.button(card, kernel, 'pause', 'pause', false),
        this.button(card, kernel, 'continue', 'continue', false), this.button(card, kernel, 'kill', 'kill', true),
        this.button(card, kernel, 'force', 'kill -f', true)));
    }
    return card;
  }

  /** What ends a kernel is asked for twice. */
  button(card, kernel, verb, label, twice) {
    const button = h('button', {type: 'button', class: 'small ' + verb, 'data-verb': verb, text: label});
    let sure = !twice;
    let timer = 0;
    const calm = () => {
      sure = !twice;
      button.classList.remove('sure');
      text(button, label);
    };
    button.addEventListener('blur', calm);
    button.addEventListener('click', async () => {
      clearTimeout(timer);
      if (!sure) {
        sure = true;
        button.classList.add('sure');
        text(button, label + '? again');
        timer = setTimeout(calm, SURE_MILLIS);
        return;
      }
      calm();
      card.setAttribute('aria-busy', 'true');
      try {
        this.toast((await post({verb, id: kernel.id})).text, false);
      } catch (refused) {
        this.toast(refused.message, true);
      } finally {
        card.removeAttribute('aria-busy');
      }
    });
    return button;
  }

  update(card, kernel, cpus, rates, timeOf, runs) {
    card.dataset.name = kernel.name;
    card.dataset.state = kernel.state;
    text(card.querySelector('h3'), kernel.name);
    card.querySelector('h3').title = kernel.cmdline ? kernel.name + '\n' + kernel.cmdline : kernel.name;
    const pill = card.querySelector('.state');
    const isPaused = this.paused.has(kernel.id);
    text(pill, state(isPaused ? 'paused' : kernel.state));
    pill.dataset.state = isPaused ? 'paused' : kernel.state;
    text(card.querySelector('.about'), about(kernel));
    this.reason(card.querySelector('.reason'), kernel);
    sync(card.querySelector('.cpus'), cpus, cpu => cpu.id, makeCpu,
      (row, cpu) => updateCpu(row, cpu, timeOf.get(cpu.id)));
    numbers(card.querySelector('.numbers'), kernel, rates);
    const can = {exec: kernel.state === 'loaded' || kernel.state === 'failed', kill: kernel.state === 'active',
      force: kernel.state === 'active', pause: kernel.state === 'active' && !isPaused, continue: isPaused};
    card.querySelectorAll('button').forEach(button => {
      /* One place for the two: the one that can be done. */
      button.hidden = button.dataset.verb === 'continue' && !isPaused || button.dataset.verb === 'pause' && isPaused;
      button.disabled = !this.live || !runs || !can[button.dataset.verb] || card.hasAttribute('aria-busy');
    });
  }

  reason(element, kernel) {
    const failed = kernel.state === 'failed';
    element.hidden = !failed && !kernel.reason;
    if (element.hidden) {
      text(element, '');
    } else {
      const words = failed ? this.lastWords.get(kernel.id) : null;
      const said = words ? ' Its last words: \u201c' + words.text + '\u201d' : '';
      text(element, (kernel.reason || 'no reason is known') + '.' + said);
      element.title = element.textContent;
    }
  }
}

function about(kernel) {
  const parts = [];
  if (kernel.pid) {
    parts.push('pid ' + kernel.pid);
  }
  if (kernel.life) {
    parts.push('life ' + kernel.life);
  }
  if (kernel.memoryBytes) {
    parts.push(bytes(kernel.freeBytes) + ' of ' + bytes(kernel.memoryBytes) + ' free');
  }
  if (kernel.tasksStarted) {
    const running = kernel.tasksStarted - kernel.tasksEnded;
    parts.push(running + (running === 1 ? ' task' : ' tasks')
      + (kernel.tasksFailed ? ', ' + kernel.tasksFailed + ' failed' : ''));
  }
  return parts.join(' \u00b7 ');
}

function makeCpu(cpu) {
  return h('li', {}, h('span', {class: 'cpu', text: 'CPU ' + cpu.id}),
    h('span', {class: 'bar', role: 'img'}, h('i', {class: 'busy'}), h('i', {class: 'polling'}),
      h('i', {class: 'halted'})),
    h('span', {class: 'does'}));
}

function updateCpu(row, cpu, time) {
  const [busy, polling, halted] = [time?.busy || 0, time?.polling || 0, time?.halted || 0];
  const bar = row.querySelector('.bar');
  [busy, polling, halted].forEach((share, i) => bar.children[i].style.setProperty('width', (share * 100) + '%'));
  const percent = 'busy ' + Math.round(busy * 100) + ' %, polling ' + Math.round(polling * 100) + ' %, halted '
    + Math.round(halted * 100) + ' %';
  /* A CPU that tells no times: only what it does at this moment. */
  bar.style.setProperty('visibility', busy + polling + halted > 0 ? 'visible' : 'hidden');
  bar.setAttribute('aria-label', percent);
  const host = cpu.hostCpu >= 0 ? 'host CPU ' + cpu.hostCpu + (cpu.sharedCore ? ', shared' : '') : 'on no host CPU';
  row.title = 'CPU ' + cpu.id + (cpu.number === cpu.id ? '' : ', number ' + cpu.number) + ', ' + host + '\n' + percent;
  const what = cpu.state === 'offline' ? 'offline' : cpu.state === 'halted' ? 'halted'
    : cpu.state === 'unknown' ? '' : polling > busy ? 'polling' : 'running';
  text(row.querySelector('.does'), what);
}

function numbers(list, kernel, rates) {
  const rows = kernel.state === 'active' && rates ? [['sent/s', count(rates.sent)],
    ['received/s', count(rates.received)], ['interrupts/s', count(rates.interrupts)]] : [];
  if (rates?.refused) {
    rows.push(['full/s', count(rates.refused)]);
  }
  sync(list, rows, row => row[0], row => h('div', {}, h('dt', {text: row[0]}), h('dd')),
    (element, row) => text(element.lastChild, row[1]));
}
