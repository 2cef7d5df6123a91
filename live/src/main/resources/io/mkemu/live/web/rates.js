// SPDX-License-Identifier: Apache-2.0
// Rates over time, a line for each kernel.

import uPlot from '/uplot.js';
import {choice, color, count, onTheme, themed} from './format.js';

const MOST_POINTS = 1200;
const MOST_LINES = 12;
const HEIGHT = 240;
const METRICS = [['sent', 'sent'], ['received', 'received'], ['interrupts', 'interrupts'], ['callbacks', 'callbacks']];
const DASHES = [[], [6, 3], [2, 3]];

export class Rates {
  constructor(section) {
    this.box = section.querySelector('.plot');
    this.metric = 'sent';
    this.points = [];
    this.mark = null;
    this.shape = '';
    choice(section.querySelector('.choice'), 'metric', METRICS, this.metric, value => {
      this.metric = value;
      this.draw();
    });
    new ResizeObserver(() => this.plot?.setSize({width: this.box.clientWidth, height: HEIGHT})).observe(this.box);
    onTheme(() => {
      this.shape = '';
      this.draw();
    });
  }

  forget() {
    this.points = [];
  }

  show(snapshot, rates) {
    this.kernels = snapshot.kernels;
    this.points.push({at: snapshot.upNanos / 1e9, of: rates ? new Map(rates.kernels.map(one => [one.id, one])) : null});
    if (this.points.length > MOST_POINTS) {
      this.points.shift();
    }
    this.draw();
  }

  /** All points at once, of a recording, and which of them is looked at. */
  set(kernels, points, mark) {
    this.mark = Math.max(0, Math.min(points.length - 1, mark));
    this.kernels = kernels;
    this.points = points;
    this.draw();
  }

  draw() {
    if (!this.kernels) {
      return;
    }
    this.box.dataset.points = this.points.length;
    const shown = this.kernels.length <= MOST_LINES ? this.kernels : this.busiest();
    const shape = JSON.stringify(shown.map(kernel => [kernel.id, kernel.name]));
    const data = [this.points.map(point => point.at), ...shown.map(kernel => this.points.map(point =>
      point.of?.get(kernel.id)?.[this.metric] ?? null))];
    if (shape === this.shape) {
      this.plot.setData(data);
      return;
    }
    this.shape = shape;
    this.plot?.destroy();
    this.plot = new uPlot(options(shown, this.box.clientWidth, () => this.mark), data, this.box);
  }

  busiest() {
    const last = this.points[this.points.length - 1].of;
    if (!last && this.chosen) {
      return this.chosen;
    }
    const rate = kernel => last?.get(kernel.id)?.[this.metric] ?? 0;
    /* Chosen anew only when kernels come and go: lines that change places cannot be read. */
    const key = this.metric + this.kernels.map(kernel => kernel.id + kernel.state).join();
    if (key !== this.chosenOf) {
      this.chosenOf = key;
      this.chosen = [...this.kernels].sort((a, b) => rate(b) - rate(a)).slice(0, MOST_LINES)
        .sort((a, b) => a.id - b.id);
    }
    return this.chosen;
  }
}

function options(kernels, width, marked) {
  const ink = themed('--muted');
  const grid = {stroke: themed('--line'), width: 1};
  const axis = {stroke: ink, grid, ticks: grid, font: '11px ' + themed('--sans')};
  /* Where the pointer is, or what is looked at, or now. */
  const here = (self, index) => index ?? marked() ?? self.data[0].length - 1;
  const show = (self, value, series, index) => {
    const shown = self.data[series][here(self, index)];
    return shown === null || shown === undefined ? '\u2013' : count(shown) + '/s';
  };
  const since = (self, value, series, index) => {
    const at = self.data[0][here(self, index)];
    return at === undefined ? '\u2013' : at.toFixed(1) + ' s';
  };
  return {
    width, height: HEIGHT, hooks: {draw: [self => line(self, marked())]}, cursor: {y: false, points: {size: 6}}, legend: {live: true},
    scales: {x: {time: false}, y: {range: (self, min, max) => [0, Math.max(1, max * 1.08)]}},
    axes: [{...axis, values: (self, ticks) => ticks.map(tick => tick + ' s')},
      {...axis, size: 58, values: (self, ticks) => ticks.map(count)}],
    series: [{label: 'up', value: since},
      ...kernels.map(kernel => ({label: kernel.name, stroke: color(kernel.id), width: 1.75, value: show,
        dash: DASHES[Math.floor(kernel.id / 8) % DASHES.length], points: {show: false}}))],
  };
}

/** Where in a recording one looks. */
function line(self, index) {
  if (index === null || self.data[0][index] === undefined) {
    return;
  }
  const x = Math.round(self.valToPos(self.data[0][index], 'x', true));
  self.ctx.fillStyle = themed('--accent');
  self.ctx.fillRect(x - 1, self.bbox.top, 2, self.bbox.height);
}
