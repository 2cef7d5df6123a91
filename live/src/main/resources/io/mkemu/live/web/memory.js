// SPDX-License-Identifier: Apache-2.0
// Physical memory to scale: each region below the one that it lies in, and who shares pages with whom.

import {bytes, color, h, hex, onTheme, svg, sync, text} from './format.js';
import {empty} from './matrix.js';

const ROW = 30;
const GAP = 3;
const ARCS = 48;
const LEAST = 1.5;
const LETTER = 6.6;
const SHARES_SHOWN = 12;

export class Memory {
  constructor(section) {
    this.box = section.querySelector('.map');
    this.list = section.querySelector('.shares');
    this.whole = section.querySelector('#memory-whole');
    this.whole.addEventListener('click', () => this.look(null));
    this.range = null;
    this.drawn = '';
    new ResizeObserver(() => this.draw()).observe(this.box);
    onTheme(() => {
      this.drawn = '';
      this.draw();
    });
  }

  /** Looks at a region, or at all. */
  look(range) {
    this.range = range;
    this.drawn = '';
    this.draw();
    this.box.querySelector('[tabindex="0"]')?.focus({preventScroll: true});
  }

  show(snapshot) {
    this.snapshot = snapshot;
    this.draw();
  }

  none(words) {
    this.snapshot = null;
    this.drawn = '';
    this.whole.hidden = true;
    empty(this.box, words);
    this.list.replaceChildren();
  }

  draw() {
    if (!this.snapshot) {
      return;
    }
    const {memory, shares, kernels, ramBytes} = this.snapshot;
    const width = this.box.clientWidth;
    const key = JSON.stringify([memory, shares, kernels.map(kernel => [kernel.id, kernel.name]), width, this.range]);
    if (key === this.drawn || width === 0) {
      return;
    }
    this.drawn = key;
    const names = new Map(kernels.map(kernel => [kernel.id, kernel.name]));
    const range = this.range || {start: 0, end: ramBytes - 1};
    const scale = width / (range.end + 1 - range.start);
    const x = address => Math.max(0, Math.min(width, (address - range.start) * scale));
    const depth = Math.max(1, ...memory.map(deep));
    const arcs = shares.length > 0 ? ARCS : 0;
    const top = 16;
    const height = top + depth * (ROW + GAP) + arcs;
    const picture = svg('svg', {width, height, viewBox: '0 0 ' + width + ' ' + height, role: 'group',
      'aria-label': 'physical memory from ' + hex(range.start) + ' to ' + hex(range.end)}, hatch());
    ruler(picture, range, width);
    const at = {x, top, names, width, look: region => this.look(region)};
    memory.forEach(region => draw(picture, region, 0, at));
    const places = homes(memory, kernels);
    shares.forEach(share => arc(picture, share, places, {x, names, height, from: height - arcs, range}));
    this.box.replaceChildren(picture);
    this.whole.hidden = this.range === null;
    this.tell(shares, names);
  }

  tell(shares, names) {
    if (shares.length === 0) {
      this.list.replaceChildren(h('p', {class: 'hint', text: 'No page is shared.'}));
      return;
    }
    const name = id => names.get(id) ?? '#' + id;
    if (!this.list.querySelector('ul')) {
      this.list.replaceChildren(h('ul', {}), h('p', {class: 'hint'}));
    }
    const shown = [...shares].sort((a, b) => b.pages - a.pages).slice(0, SHARES_SHOWN);
    sync(this.list.firstChild, shown, share => share.owner + ':' + share.to + ':' + share.pfn,
      share => h('li', {style: {'--kernel': color(share.owner)}}), (item, share) => text(item, name(share.owner)
        + ' \u2192 ' + name(share.to) + ': ' + share.pages + (share.pages === 1 ? ' page' : ' pages') + ' from pfn '
        + hex(share.pfn) + (share.mapped ? ', mapped' : ', granted, not mapped')));
    const more = shares.length - shown.length;
    text(this.list.lastChild, more > 0 ? 'and ' + more + ' more runs of pages' : '');
  }
}

function deep(region) {
  return 1 + Math.max(0, ...region.children.map(deep));
}

function hatch() {
  return svg('defs', {}, svg('pattern', {id: 'hatch', width: 6, height: 6, patternUnits: 'userSpaceOnUse',
    patternTransform: 'rotate(45)'}, svg('rect', {class: 'stripe', width: 2.2, height: 6})));
}

function ruler(picture, range, width) {
  const steps = Math.max(2, Math.floor(width / 160));
  for (let i = 0; i <= steps; i++) {
    const at = i / steps * width;
    picture.append(svg('line', {class: 'tick', x1: at, x2: at, y1: 11, y2: 15}),
      svg('text', {class: 'address', x: at, y: 9, 'text-anchor': i === 0 ? 'start' : i === steps ? 'end' : 'middle',
        text: hex(Math.round(range.start + i / steps * (range.end + 1 - range.start)))}));
  }
}

function draw(picture, region, level, at) {
  const begin = at.x(region.start);
  const end = at.x(region.end + 1);
  if (end <= 0 || begin >= at.width || end - begin <= 0) {
    return;
  }
  const width = Math.max(LEAST, end - begin - (end - begin > 4 ? 1 : 0));
  const y = at.top + level * (ROW + GAP);
  const owner = region.kernel >= 0 ? at.names.get(region.kernel) ?? '#' + region.kernel : '';
  const label = title(region, owner);
  const told = label + '\n' + hex(region.start) + ' to ' + hex(region.end) + ', '
    + bytes(region.end + 1 - region.start);
  const group = svg('g', {class: 'region ' + region.kind, tabindex: width > 8 ? 0 : null, role: 'button',
    'aria-label': told.replace('\n', ', ')},
    svg('title', {text: told}),
    svg('rect', {x: begin, y, width, height: ROW, rx: width > 6 ? 3 : 0,
      style: {'--kernel': color(region.kernel)}}));
  if (region.kind === 'ipi_area') {
    group.append(svg('rect', {class: 'hatch', x: begin, y, width, height: ROW, fill: 'url(#hatch)'}));
  }
  const letters = Math.floor((width - 10) / LETTER);
  if (letters >= 3) {
    group.append(svg('text', {x: begin + 6, y: y + ROW / 2 + 4, text: label.length > letters
      ? label.slice(0, letters - 1) + '\u2026' : label}));
  }
  const look = () => at.look({start: region.start, end: region.end});
  group.addEventListener('click', look);
  group.addEventListener('keydown', event => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      look();
    }
  });
  picture.append(group);
  region.children.forEach(child => draw(picture, child, level + 1, at));
}

function title(region, owner) {
  switch (region.kind) {
    case 'instance_pool': return owner || region.name;
    case 'ipi_area': return 'IPI area' + (owner ? ' of ' + owner : '');
    case 'allocation': return 'allocated' + (owner ? ' by ' + owner : '');
    default: return region.name;
  }
}

/** Where a kernel is at home: the middle of its pool, or of the host's memory. */
function homes(memory, kernels) {
  const homes = new Map();
  const visit = region => {
    if ((region.kind === 'instance_pool' || region.kind === 'host') && region.kernel >= 0
      && !homes.has(region.kernel)) {
      homes.set(region.kernel, (region.start + region.end) / 2);
    }
    region.children.forEach(visit);
  };
  memory.forEach(visit);
  return homes;
}

function arc(picture, share, homes, {x, names, height, from, range}) {
  const to = homes.get(share.to);
  const begin = share.pfn * 4096;
  if (to === undefined || begin > range.end || begin + share.pages * 4096 <= range.start) {
    return;
  }
  const [a, b] = [x(begin + share.pages * 2048), x(to)];
  const bend = Math.min(height - 4, from + 14 + Math.abs(b - a) * 0.18);
  const name = id => names.get(id) ?? '#' + id;
  picture.append(svg('path', {class: 'share' + (share.mapped ? '' : ' granted'),
    d: 'M' + a + ' ' + from + ' C' + a + ' ' + bend + ' ' + b + ' ' + bend + ' ' + b + ' ' + from,
    style: {'--kernel': color(share.owner)}},
  svg('title', {text: name(share.owner) + ' shares ' + share.pages + ' pages with ' + name(share.to)
    + (share.mapped ? ', mapped' : ', not mapped')})),
  svg('circle', {class: 'end', cx: b, cy: from, r: 2.5, style: {'--kernel': color(share.owner)}}));
}
