// SPDX-License-Identifier: Apache-2.0
// What the trace tells: latencies between kernels, and a timeline of sends and callbacks.

import {choice, color, count, h, nanos, onTheme, stamp, sync, text, themed} from './format.js';
import {empty} from './matrix.js';

const WINDOWS = [[0, 'all'], [1e7, '10 ms'], [1e6, '1 ms'], [1e5, '100 \u00b5s']];
const LEAST_ROW = 24;
const MOST_ROW = 46;
const TALL = 270;
const AXIS = 22;
const PAIRS_SHOWN = 40;
const [SENT, FROM, TO, BEGUN, TOOK, TYPE, BYTES] = [0, 1, 2, 3, 4, 5, 6];

export class Trace {
  constructor(latency, timeline) {
    this.latency = latency.querySelector('.scroll');
    this.hint = latency.querySelector('.hint');
    this.body = timeline.querySelector('.body');
    this.window = 0;
    this.frozen = null;
    choice(timeline.querySelector('.choice'), 'window', WINDOWS, 0, value => {
      this.window = value;
      this.draw();
    });
    const freeze = timeline.querySelector('#freeze');
    freeze.addEventListener('click', () => {
      this.frozen = this.frozen ? null : this.told;
      freeze.setAttribute('aria-pressed', String(this.frozen !== null));
      text(freeze, this.frozen ? 'Go on' : 'Freeze');
      this.draw();
    });
    this.freeze = freeze;
    new ResizeObserver(() => this.draw()).observe(this.body);
    onTheme(() => this.draw());
  }

  names(snapshot) {
    this.kernels = new Map(snapshot.kernels.map(kernel => [kernel.id, kernel.name]));
    this.cpus = snapshot.cpus;
    this.mode = snapshot.trace?.mode;
    if (this.told) {
      this.explain();
    }
  }

  show(told) {
    this.told = told;
    if (this.kernels) {
      this.explain();
    }
  }

  /** Why there is nothing to see, and what to do; or what there is. */
  explain() {
    const told = this.told;
    const pairs = told.pairs || [];
    const flights = told.flights || [];
    const words = why(told, this.mode);
    if (pairs.length > 0) {
      text(this.hint, told.window || ((told.numbered === false ? 'interrupt to callback' : 'send to callback')
        + ', last 5 to 10 s'));
      this.table(pairs);
    } else {
      empty(this.latency, words);
    }
    if (flights.length > 0) {
      this.draw();
    } else {
      this.canvas = null;
      empty(this.body, words);
    }
  }

  table(pairs) {
    if (!this.latency.querySelector('table')) {
      const head = ['from', 'to', 'p50', 'p90', 'p99', 'max', 'messages'].map((name, i) =>
        h('th', {scope: 'col', class: i > 1 ? 'n' : '', text: name}));
      this.latency.replaceChildren(h('table', {class: 'plain'}, h('thead', {}, h('tr', {}, ...head)), h('tbody')));
    }
    const name = id => this.kernels.get(id) ?? (id < 0 ? '?' : '#' + id);
    const shown = [...pairs].sort((a, b) => b.p99 - a.p99).slice(0, PAIRS_SHOWN)
      .sort((a, b) => a.from - b.from || a.to - b.to);
    sync(this.latency.querySelector('tbody'), shown, pair => pair.from + ':' + pair.to,
      pair => h('tr', {}, h('td', {}, h('span', {class: 'name', style: {'--kernel': color(pair.from)}})),
        h('td', {}, h('span', {class: 'name', style: {'--kernel': color(pair.to)}})),
        ...[0, 1, 2, 3, 4].map(() => h('td', {class: 'n'}))), (row, pair) => {
        const cells = row.children;
        text(cells[0].firstChild, name(pair.from));
        text(cells[1].firstChild, name(pair.to));
        [pair.p50, pair.p90, pair.p99, pair.max].forEach((value, i) =>
          text(cells[i + 2], value === undefined ? '\u2013' : nanos(value)));
        text(cells[6], count(pair.count));
      });
  }

  draw() {
    const told = this.frozen || this.told;
    const flights = told?.flights || [];
    const width = this.body.clientWidth;
    if (flights.length === 0 || width === 0 || !this.kernels) {
      return;
    }
    const rows = [...new Set(flights.flatMap(flight => [flight[FROM], flight[TO]]))].sort((a, b) => a - b);
    const row = Math.max(LEAST_ROW, Math.min(MOST_ROW, TALL / rows.length));
    const height = rows.length * row + AXIS;
    if (!this.canvas) {
      this.canvas = h('canvas', {role: 'img'});
      this.say = h('p', {class: 'hint'});
      this.body.replaceChildren(this.canvas, this.say);
    }
    const dots = window.devicePixelRatio || 1;
    this.canvas.width = width * dots;
    this.canvas.height = height * dots;
    this.canvas.style.setProperty('width', width + 'px');
    this.canvas.style.setProperty('height', height + 'px');
    const end = told.at ?? Math.max(...flights.map(flight => flight[BEGUN] + flight[TOOK]));
    const first = Math.min(...flights.map(flight => flight[SENT]));
    const begin = this.window ? end - this.window : first;
    const shown = flights.filter(flight => flight[BEGUN] + flight[TOOK] >= begin && flight[SENT] <= end);
    const pen = this.canvas.getContext('2d');
    pen.scale(dots, dots);
    paint(pen, {row, rows, shown, begin, end, width, height, label: cpu => this.label(cpu), owner: cpu => this.owner(cpu)});
    text(this.say, shown.length + ' messages in ' + nanos(end - begin) + ', up to ' + stamp(end) + ' s: a dot is a send'
      + ', a line its way, a bar the callback.' + (told.missing ? ' ' + count(told.missing)
        + ' records found no room and are missing.' : '') + (told.every > 1 ? ' Each ' + told.every
        + 'th message is kept.' : ''));
    this.canvas.setAttribute('aria-label', this.say.textContent);
  }

  owner(cpu) {
    return this.cpus.find(one => one.id === cpu)?.kernel ?? -1;
  }

  label(cpu) {
    return (this.kernels.get(this.owner(cpu)) ?? '?') + ':' + cpu;
  }
}

function why(told, mode) {
  switch (told.state) {
    case 'none':
      return 'This machine has no journal, so nobody keeps its messages. Make it with one: mk init --journal DIR; then '
        + 'mk trace set ipi records each message.';
    case 'unreadable': return 'The journal cannot be read: ' + told.text;
    case 'reading': return 'Reading what was recorded so far\u2026';
    case 'over': return 'The recording has ended.';
    default:
      return mode === 'ipi' || mode === 'all' ? 'No message in the last seconds.'
        : 'The machine records ' + (mode === 'off' ? 'nothing' : 'no messages') + ' now: mk trace set ipi, or choose '
          + 'ipi above, records each message.';
  }
}

function paint(pen, {row, rows, shown, begin, end, width, height, label, owner}) {
  const left = Math.min(150, width * 0.3);
  const x = time => left + (time - begin) / Math.max(1, end - begin) * (width - left - 8);
  const y = cpu => rows.indexOf(cpu) * row + row / 2;
  pen.font = '12px ' + themed('--sans');
  pen.textBaseline = 'middle';
  for (const cpu of rows) {
    pen.fillStyle = themed('--line');
    pen.fillRect(left, y(cpu) - 0.5, width - left, 1);
    pen.fillStyle = color(owner(cpu));
    pen.fillRect(0, y(cpu) - 5, 4, 10);
    pen.fillStyle = themed('--ink');
    pen.fillText(label(cpu), 10, y(cpu), left - 18);
  }
  pen.save();
  pen.beginPath();
  pen.rect(left, 0, width - left, height);
  pen.clip();
  for (const flight of shown) {
    pen.strokeStyle = color(owner(flight[FROM]));
    pen.globalAlpha = shown.length > 120 ? 0.35 : 0.7;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(x(flight[SENT]), y(flight[FROM]));
    pen.lineTo(x(flight[BEGUN]), y(flight[TO]));
    pen.stroke();
  }
  pen.globalAlpha = 1;
  for (const flight of shown) {
    pen.fillStyle = color(owner(flight[TO]));
    pen.fillRect(x(flight[BEGUN]), y(flight[TO]) - 5, Math.max(1.5, x(flight[BEGUN] + flight[TOOK])
      - x(flight[BEGUN])), 10);
    pen.fillStyle = color(owner(flight[FROM]));
    pen.beginPath();
    pen.arc(x(flight[SENT]), y(flight[FROM]), 2, 0, 2 * Math.PI);
    pen.fill();
  }
  pen.restore();
  pen.fillStyle = themed('--muted');
  const steps = Math.max(2, Math.floor((width - left) / 110));
  for (let i = 0; i <= steps; i++) {
    const time = begin + (end - begin) * i / steps;
    pen.textAlign = i === 0 ? 'left' : i === steps ? 'right' : 'center';
    pen.fillText('\u2212' + nanos(end - time), x(time), height - AXIS / 2);
  }
  pen.textAlign = 'left';
}
