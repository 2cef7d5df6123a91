// SPDX-License-Identifier: Apache-2.0
// A recording: a time to choose, and what there was at that time.

import {color, onTheme, stamp, text, themed} from './format.js';
import {get} from './link.js';

const STEPS = 1000;
const PLAY_MILLIS = 250;

export class Recording {
  constructor(section, parts, show, told) {
    this.parts = parts;
    this.show = show;
    section.hidden = false;
    this.section = section;
    this.slider = section.querySelector('#time');
    this.said = section.querySelector('#time-text');
    this.canvas = section.querySelector('#overview');
    this.play = section.querySelector('#play');
    this.told = told;
    parts.memory.none('A journal has no memory map: mk web of a machine that runs shows it.');
    this.slider.addEventListener('input', () => this.go());
    this.play.addEventListener('click', () => this.playing(!this.timer));
    new ResizeObserver(() => this.overview()).observe(section);
    onTheme(() => this.overview());
    this.overview();
    this.go();
  }

  playing(on) {
    clearInterval(this.timer);
    this.timer = 0;
    if (on) {
      if (Number(this.slider.value) >= STEPS) {
        this.slider.value = 0;
      }
      /* As fast as it was, but at most two minutes for the whole. */
      const step = Math.max(PLAY_MILLIS * 1e6 / this.length(), PLAY_MILLIS / 120000);
      let at = Number(this.slider.value);
      this.timer = setInterval(() => {
        at += step * STEPS;
        this.slider.value = Math.round(at);
        this.go();
        if (at >= STEPS) {
          this.playing(false);
        }
      }, PLAY_MILLIS);
    }
    this.play.setAttribute('aria-pressed', String(on));
    text(this.play, on ? 'Stop' : 'Play');
  }

  length() {
    return Math.max(1, this.told.end - this.told.begin);
  }

  at() {
    return Math.round(this.told.begin + this.length() * this.slider.value / STEPS);
  }

  /** One question at a time; the newest wins. */
  async go() {
    const at = this.at();
    const step = this.slider.value;
    text(this.said, stamp(at) + ' s of ' + stamp(this.told.end) + ' s');
    this.slider.setAttribute('aria-valuetext', stamp(at) + ' seconds');
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    try {
      const {snapshot, rates, trace, lines} = await get('at?nanos=' + at);
      this.parts.kernels.forget();
      this.parts.kernels.log(lines);
      this.show(snapshot, rates);
      this.parts.rates.set(snapshot.kernels, this.points(), Math.floor((at - this.told.begin) / this.told.slice));
      this.parts.trace.show(trace);
      this.parts.logs.set(lines);
      this.section.dataset.shown = step;
    } catch (refused) {
      text(this.said, refused.message);
    } finally {
      this.asking = false;
      if (this.again) {
        this.again = false;
        this.go();
      }
    }
  }

  /** The rates of the whole recording, as the plot wants them. */
  points() {
    this.made ??= this.told.slices.map(slice => ({at: slice.at / 1e9, of: new Map(slice.kernels.map(one =>
      [one.id, one]))}));
    return this.made;
  }

  overview() {
    const width = this.canvas.parentElement.clientWidth - 32;
    const height = 34;
    const dots = window.devicePixelRatio || 1;
    this.canvas.width = width * dots;
    this.canvas.height = height * dots;
    this.canvas.style.setProperty('width', width + 'px');
    this.canvas.style.setProperty('height', height + 'px');
    const pen = this.canvas.getContext('2d');
    pen.scale(dots, dots);
    const sums = this.told.slices.map(slice => slice.kernels.reduce((sum, one) => sum + one.sent, 0));
    const most = Math.max(1, ...sums);
    const x = time => (time - this.told.begin) / this.length() * width;
    pen.fillStyle = themed('--accent');
    pen.globalAlpha = 0.6;
    this.told.slices.forEach((slice, i) => {
      const left = x(slice.at);
      const tall = sums[i] / most * (height - 8);
      pen.fillRect(left, height - tall, Math.max(1, x(slice.at + this.told.slice) - left - 0.5), tall);
    });
    pen.globalAlpha = 1;
    for (const change of this.told.changes) {
      pen.fillStyle = change.state === 'failed' ? themed('--bad') : color(change.kernel);
      pen.fillRect(x(change.at) - 1, 0, 2, change.state === 'failed' ? height : 7);
    }
  }
}
