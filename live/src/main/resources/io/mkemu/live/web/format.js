// SPDX-License-Identifier: Apache-2.0
// How numbers, names and elements are made. What comes from a kernel becomes text, never markup: textContent alone.

const COLORS = ['#0072b2', '#d98a00', '#009e73', '#b8579b', '#3fa0d8', '#c2500a', '#7a63b8', '#7d8288'];
const SVG = 'http://www.w3.org/2000/svg';

export const color = kernel => kernel < 0 ? '#8a919a' : COLORS[kernel % COLORS.length];

/** An element; properties: class, text, title, on (listeners), style (object), all else attributes. */
export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

export function svg(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

function fill(element, properties, children) {
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) {
      continue;
    } else if (key === 'class') {
      element.setAttribute('class', value);
    } else if (key === 'text') {
      element.textContent = value;
    } else if (key === 'on') {
      Object.entries(value).forEach(([event, listener]) => element.addEventListener(event, listener));
    } else if (key === 'style') {
      Object.entries(value).forEach(([name, to]) => element.style.setProperty(name, to));
    } else {
      element.setAttribute(key, value === true ? '' : value);
    }
  }
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

/** Sets a text if it is another one: what does not change keeps selection and focus. */
export function text(element, value) {
  const now = String(value);
  if (element.textContent !== now) {
    element.textContent = now;
  }
}

/** Makes the children of a container those of a list: kept by key, in the order of the list. */
export function sync(container, items, keyOf, make, update) {
  const old = new Map([...container.children].map(child => [child.dataset.key, child]));
  let at = container.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    let element = old.get(key);
    if (element) {
      old.delete(key);
    } else {
      element = make(item);
      element.dataset.key = key;
    }
    if (element === at) {
      at = at.nextElementSibling;
    } else {
      container.insertBefore(element, at);
    }
    update(element, item);
  }
  old.forEach(element => element.remove());
}

const UNITS = [[1e9, 'G'], [1e6, 'M'], [1e3, 'k']];

/** A rate or a count, in three digits. */
export function count(value) {
  for (const [unit, name] of UNITS) {
    if (value >= unit * 0.9995) {
      return digits(value / unit) + '\u2009' + name;
    }
  }
  return value === 0 ? '0' : value < 10 && !Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value));
}

function digits(value) {
  return value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

export function bytes(value) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let at = 0;
  let rest = value;
  while (rest >= 1024 && at < units.length - 1) {
    rest /= 1024;
    at++;
  }
  return (Number.isInteger(rest) ? rest : digits(rest)) + '\u2009' + units[at];
}

export function nanos(value) {
  if (value < 1e3) {
    return Math.round(value) + '\u2009ns';
  }
  return value < 1e6 ? digits(value / 1e3) + '\u2009\u00b5s' : value < 1e9 ? digits(value / 1e6) + '\u2009ms'
    : digits(value / 1e9) + '\u2009s';
}

/** How long something has run. */
export function duration(value) {
  const seconds = Math.floor(value / 1e9);
  const parts = [[86400, 'd'], [3600, 'h'], [60, 'min']];
  for (let i = 0; i < parts.length; i++) {
    if (seconds >= parts[i][0]) {
      const rest = seconds % parts[i][0];
      const next = parts[i + 1] || [1, 's'];
      return Math.floor(seconds / parts[i][0]) + '\u2009' + parts[i][1] + ' ' + Math.floor(rest / next[0]) + '\u2009'
        + next[1];
    }
  }
  return seconds + '\u2009s';
}

/** Seconds since the machine was made, as dmesg prints them. */
export const stamp = value => (value / 1e9).toFixed(6);

export const hex = value => '0x' + value.toString(16);

/** Radio buttons that look like one switch; calls back with the chosen value. */
export function choice(fieldset, name, options, chosen, onChange) {
  for (const [value, label] of options) {
    const input = h('input', {type: 'radio', name, value, on: {change: () => onChange(value)}});
    input.checked = value === chosen;
    fieldset.append(h('label', {}, input, h('span', {text: label})));
  }
}

/** Whether something that is drawn anew has to be: the colours of the theme, as CSS has them. */
export const themed = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function onTheme(listener) {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', listener);
}
