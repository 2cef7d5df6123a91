// SPDX-License-Identifier: Apache-2.0
// Kernel logs, all or of one kernel.

import {color, h, stamp, text} from './format.js';

const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'];
const MOST_LINES = 2000;
const MOST_SHOWN = 600;

export class Logs {
  constructor(section) {
    this.box = section.querySelector('.lines');
    this.kernel = section.querySelector('#log-kernel');
    this.level = section.querySelector('#log-level');
    this.follow = section.querySelector('#log-follow');
    this.lines = [];
    LEVELS.forEach((level, i) => this.level.append(h('option', {value: i, text: i === 7 ? 'all' : level,
      selected: i === 7})));
    this.kernel.addEventListener('change', () => this.draw());
    this.level.addEventListener('change', () => this.draw());
    this.follow.addEventListener('change', () => this.toEnd());
    /* Whoever scrolls up wants to read; a page that is laid out anew scrolls too. */
    ['wheel', 'touchmove', 'keyup', 'pointerup'].forEach(event => this.box.addEventListener(event, () => {
      if (this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight > 24) {
        this.follow.checked = false;
      }
    }, {passive: true}));
    new ResizeObserver(() => this.toEnd()).observe(this.box);
  }

  forget() {
    this.set([]);
  }

  set(lines) {
    this.lines = lines.slice(-MOST_LINES);
    this.lines.forEach(line => this.learn(line));
    this.draw();
  }

  add(lines) {
    lines.forEach(line => this.learn(line));
    this.lines = this.lines.concat(lines).slice(-MOST_LINES);
    const shown = lines.filter(line => this.shows(line)).slice(-MOST_SHOWN);
    if (shown.length > 0) {
      this.box.querySelector('.empty')?.remove();
      this.box.append(...shown.map(row));
      while (this.box.childElementCount > MOST_SHOWN) {
        this.box.firstElementChild.remove();
      }
      this.toEnd();
    }
  }

  /** A kernel that has said something can be chosen. */
  learn(line) {
    let option = [...this.kernel.options].find(one => one.value === String(line.kernel));
    if (!option) {
      option = h('option', {value: line.kernel});
      const behind = [...this.kernel.options].find(one => one.value !== '' && Number(one.value) > line.kernel);
      this.kernel.insertBefore(option, behind || null);
    }
    text(option, line.name);
  }

  shows(line) {
    return (this.kernel.value === '' || String(line.kernel) === this.kernel.value)
      && LEVELS.indexOf(line.level) <= Number(this.level.value);
  }

  draw() {
    const shown = this.lines.filter(line => this.shows(line)).slice(-MOST_SHOWN);
    this.box.replaceChildren(...shown.map(row));
    if (shown.length === 0) {
      this.box.append(h('p', {class: 'empty', text: 'No line.'}));
    }
    this.toEnd();
  }

  toEnd() {
    if (this.follow.checked) {
      this.box.scrollTop = this.box.scrollHeight;
    }
  }
}

function row(line) {
  return h('div', {class: 'line level-' + line.level},
    h('span', {class: 'when', text: stamp(line.nanos)}),
    h('span', {class: 'name', style: {'--kernel': color(line.kernel)}, text: line.name, title: line.name}),
    h('span', {class: 'level', text: line.level}),
    h('span', {class: 'text', text: line.text
      + (line.missedBytes ? ' (' + line.missedBytes + ' bytes before this line were overwritten)' : '')}));
}
