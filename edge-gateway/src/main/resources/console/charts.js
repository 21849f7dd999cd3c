// Lines over time, drawn by uPlot.

import {h, say} from '/console/dom.js';

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const dark = matchMedia('(prefers-color-scheme: dark)');

/**
 * A figure with a chart.
 *
 * @param lines [{label, colour, at}]: `at` is the column of the points
 * @param spoken returns the chart in words
 * @return {element, draw(points), close()}
 */
export function chart(title, lines, spoken) {
  const canvas = h('div', {class: 'plot', role: 'img', 'aria-label': title});
  const element = h('figure', {class: 'card chart'},
    h('figcaption', null, h('h2', null, title),
      h('ul', {class: 'legend'}, lines.map((line) => h('li', {class: line.colour}, line.label)))),
    canvas);
  let plot = null;
  let points = [[], ...lines.map(() => [])];

  function options() {
    const axis = {
      stroke: colour('--soft'), grid: {stroke: colour('--line'), width: 1}, ticks: {show: false},
      font: '12px system-ui, sans-serif',
    };
    return {
      width: Math.max(200, canvas.clientWidth), height: 170,
      legend: {show: false}, cursor: {show: false},
      scales: {x: {time: true}, y: {range: (_, min, max) => [0, Math.max(5, (max ?? 0) * 1.1)]}},
      axes: [
        {...axis, size: 26, space: 90, values: '{HH}:{mm}:{ss}'},
        {...axis, size: 48, values: (_, values) => values.map((v) => Intl.NumberFormat('en', {notation: 'compact'}).format(v))}],
      series: [{}, ...lines.map((line) => ({
        label: line.label, stroke: colour(`--${line.colour}`), width: 2, points: {show: false}, spanGaps: true,
        dash: line.dash, fill: line.fill ? `${colour(`--${line.colour}`)}22` : undefined}))],
    };
  }

  function build() {
    plot?.destroy();
    plot = canvas.clientWidth ? new globalThis.uPlot(options(), points, canvas) : null;
  }

  const sized = new ResizeObserver(() => {
    if (!plot) build();
    else if (Math.abs(plot.width - canvas.clientWidth) > 1 && canvas.clientWidth) plot.setSize({width: canvas.clientWidth, height: 170});
  });
  sized.observe(canvas);
  dark.addEventListener('change', build);

  return {
    element,
    draw(all) {
      points = [all[0], ...lines.map((line) => all[line.at])];
      if (plot) plot.setData(points);
      else build();
      const words = `${title}: ${spoken()}`;
      if (canvas.getAttribute('aria-label') !== words) canvas.setAttribute('aria-label', words);
    },
    close() {
      sized.disconnect();
      dark.removeEventListener('change', build);
      plot?.destroy();
    },
  };
}

/** A number with its name, as a card. */
export function tile(name, hint) {
  const value = h('dd', null, '…');
  const more = h('p', {class: 'hint'}, hint ?? '');
  const element = h('div', {class: 'tile'}, h('dt', null, name), value, h('dd', {class: 'more'}, more));
  return {
    element,
    show(text, explanation, kind = '') {
      say(value, text);
      if (explanation !== undefined) say(more, explanation);
      value.className = kind;
    },
  };
}
