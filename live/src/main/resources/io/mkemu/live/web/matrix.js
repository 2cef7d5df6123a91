// SPDX-License-Identifier: Apache-2.0
// Who sends to whom, as a heat map, and how full the lanes between CPUs are.

import {color, count, h, sync, text} from './format.js';

const WORDS_FIT = 10;
const LANES_SHOWN = 12;

export class Matrix {
  constructor(section, lanes) {
    this.box = section.querySelector('.scroll');
    this.lanes = lanes.querySelector('.scroll');
    this.shape = '';
  }

  show(snapshot, rates) {
    const kernels = snapshot.kernels;
    const pairs = rates?.pairs || [];
    if (snapshot.ipi !== 'queued') {
      empty(this.box, 'The single-slot mailbox is the RFC\u2019s: it does not count who sent what.');
      empty(this.lanes, 'The single-slot mailbox has no lanes.');
      this.shape = '';
      return;
    }
    this.table(kernels, pairs);
    if (snapshot.state === 'recorded') {
      empty(this.lanes, 'A journal does not tell how full lanes were.');
    } else {
      this.fill(snapshot);
    }
  }

  table(kernels, pairs) {
    const shape = JSON.stringify(kernels.map(kernel => [kernel.id, kernel.name]));
    if (shape !== this.shape) {
      this.shape = shape;
      this.cells = new Map();
      const small = kernels.length > WORDS_FIT;
      const corner = h('th', {scope: 'col'}, h('span', {class: 'hidden', text: 'from'}));
      const head = h('tr', {}, corner, ...kernels.map(kernel => h('th', {scope: 'col', title: kernel.name},
        name(kernel, small))));
      const rows = kernels.map(from => h('tr', {}, h('th', {scope: 'row', title: from.name}, name(from, small)),
        ...kernels.map(to => {
          const cell = h('td', {class: from.id === to.id ? 'self' : ''});
          this.cells.set(from.id + ':' + to.id, {cell, words: from.name + ' to ' + to.name});
          return cell;
        })));
      this.box.replaceChildren(h('table', {class: 'heat' + (small ? ' small' : '')}, h('thead', {}, head),
        h('tbody', {}, ...rows)));
    }
    const most = Math.max(1, ...pairs.map(pair => pair.delivered));
    const rate = new Map(pairs.map(pair => [pair.from + ':' + pair.to, pair]));
    for (const [key, {cell, words}] of this.cells) {
      const pair = rate.get(key);
      const value = pair ? pair.delivered : 0;
      /* By the logarithm: a tenth of the traffic is still to be seen. */
      const heat = value > 0 ? Math.max(0.08, Math.log10(1 + value) / Math.log10(1 + most)) : 0;
      cell.style.setProperty('--heat', heat.toFixed(3));
      cell.classList.toggle('hot', heat > 0.55);
      text(cell, pair ? count(value) : '');
      cell.title = words + ': ' + (pair ? count(value) + ' messages/s, ' + pair.waiting + ' waiting' : 'nothing yet');
    }
  }

  fill(snapshot) {
    const owner = new Map(snapshot.cpus.map(cpu => [cpu.id, cpu.kernel]));
    const names = new Map(snapshot.kernels.map(kernel => [kernel.id, kernel.name]));
    const lanes = [...snapshot.lanes].sort((a, b) => b.waiting - a.waiting || b.delivered - a.delivered)
      .slice(0, LANES_SHOWN);
    if (lanes.length === 0) {
      empty(this.lanes, 'No message was sent yet.');
      return;
    }
    if (!this.lanes.querySelector('.lanes')) {
      this.lanes.replaceChildren(h('ul', {class: 'lanes'}));
    }
    sync(this.lanes.firstChild, lanes, lane => lane.from + ':' + lane.to, makeLane, (row, lane) => {
      text(row.querySelector('.way'), label(lane.from, owner, names) + ' \u2192 ' + label(lane.to, owner, names));
      const share = snapshot.ipiSlots ? Math.min(1, lane.waiting / snapshot.ipiSlots) : 0;
      row.querySelector('.bar i').style.setProperty('width', (share * 100) + '%');
      row.querySelector('.bar i').style.setProperty('background', color(owner.get(lane.from) ?? -1));
      text(row.querySelector('.number'), lane.waiting + ' / ' + snapshot.ipiSlots);
      row.title = count(lane.delivered) + ' delivered';
    });
  }
}

function makeLane() {
  return h('li', {}, h('span', {class: 'way'}), h('span', {class: 'bar'}, h('i')), h('span', {class: 'number'}));
}

function label(cpu, owner, names) {
  return (names.get(owner.get(cpu)) ?? '?') + ':' + cpu;
}

function name(kernel, small) {
  return h('span', {class: 'name', style: {'--kernel': color(kernel.id)}, text: small ? kernel.id : kernel.name});
}

/** An empty panel says why it is. */
export function empty(box, ...words) {
  if (box.querySelector('.empty')?.textContent !== words.join(' ')) {
    box.replaceChildren(h('p', {class: 'empty', text: words.join(' ')}));
  }
}
