// Draws the page from the JSON in #data. Whatever a text holds, it becomes text and nothing else:
// no markup is ever made from data, and what Graphviz drew is copied piece by known piece.
'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const root = document.documentElement;
  const page = document.getElementById('page');
  const canDraw = typeof Chart === 'function';
  const grouped = (n) => n.toLocaleString('en-US');
  const sum = (list, field) => list.reduce((all, row) => all + row[field], 0);
  const counted = (n, what) => `${grouped(n)} ${what}${n === 1 ? '' : 's'}`;
  // Never "100 %" where one is missing, nor "0 %" where one is there.
  const share = (part, whole) => {
    if (!whole) return '0 %';
    const percent = 100 * part / whole;
    if (part < whole && percent > 99.9) return '> 99.9 %';
    if (part > 0 && percent < 0.1) return '< 0.1 %';
    return `${percent.toFixed(part === whole || part === 0 ? 0 : 1)} %`;
  };

  // element('p.soft', 'text', child, ...)
  function element(kind, ...children) {
    const [tag, ...classes] = kind.split('.');
    const made = document.createElement(tag);
    made.className = classes.join(' ');
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }
  function section(id, title, ...children) {
    const made = element('section', element('h2', title), ...children);
    made.id = id;
    return made;
  }
  // columns: [title, class, row => text or node]
  function table(columns, rows) {
    const head = element('tr', ...columns.map(([title, kind]) => element(`th.${kind}`, title)));
    const body = element('tbody', ...rows.map((row) =>
      element('tr', ...columns.map(([, kind, cell]) => element(`td.${kind}`, cell(row))))));
    return element('div.scroll', element('table', element('thead', head), body));
  }
  const more = (shown, all, what) =>
    shown < all ? element('p.more', `The ${grouped(shown)} most used of ${counted(all, what)} are shown.`) : null;
  function folded(title, ...children) {
    const made = element('details', element('summary', title), ...children);
    made.open = !canDraw;
    return made;
  }

  // ---- charts ----------------------------------------------------------------------------------
  const drawings = [];  // Functions that draw; called again when the colours change.
  let charts = [];
  const colour = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
  function chart(label, height, configure) {
    if (!canDraw) return null;
    const canvas = element('canvas');
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', label);
    const frame = element('div.chart', canvas);
    frame.style.height = `${height}px`;
    drawings.push(() => charts.push(new Chart(canvas, configure())));
    return frame;
  }
  function draw() {
    charts.forEach((chart) => chart.destroy());
    charts = [];
    if (!canDraw) return;
    Object.assign(Chart.defaults, {
      animation: false, maintainAspectRatio: false, color: colour('ink'), borderColor: colour('line'),
    });
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.plugins.legend.labels.boxWidth = 12;
    drawings.forEach((each) => each());
  }
  const bars = (labels, sets, horizontal) => ({
    type: 'bar',
    data: {labels, datasets: sets.map(([label, values, name]) => ({
      label, data: values, backgroundColor: colour(name), borderRadius: 3, maxBarThickness: 34,
    }))},
    options: {
      indexAxis: horizontal ? 'y' : 'x',
      plugins: {legend: {display: sets.length > 1, position: 'bottom'}},
      scales: {
        [horizontal ? 'y' : 'x']: {stacked: true, grid: {display: false}, ticks: {autoSkip: !horizontal}},
        [horizontal ? 'x' : 'y']: {stacked: true, beginAtZero: true, ticks: {precision: 0, maxTicksLimit: 6}},
      },
    },
  });

  // ---- sections --------------------------------------------------------------------------------
  function headline() {
    const {devices, accepted, refused, unreadable} = data;
    const records = devices + unreadable;
    const clean = refused + unreadable === 0;
    const tile = (count, what, kind) =>
      element('div.tile', element(`b${count && kind ? '.' + kind : ''}`, grouped(count)), element('span', what));
    return element('section',
      element('div.verdict',
        element(`div.share${records && clean ? '.good' : ''}`, share(accepted, devices)),
        element('div', records ? clean ? 'All devices are accepted.' : 'of the devices are accepted.'
                               : 'Nothing was read.')),
      meter([['good', accepted], ['bad', refused], ['warn', unreadable]]),
      element('div.tiles',
        tile(devices, devices === 1 ? 'device' : 'devices'), tile(accepted, 'accepted', 'good'),
        tile(refused, 'refused', 'bad'), tile(unreadable, 'unreadable records', 'warn'),
        ...data.expiry.soon.map(({days, devices: count}) =>
          tile(count, `accepted, end within ${days === 365 ? 'a year' : days + ' days'}`, 'warn'))));
  }
  const svg = (name, attributes = {}) => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  // One bar in parts; what is there is seen, however few.
  function meter(parts) {
    const whole = parts.reduce((all, [, count]) => all + count, 0);
    const bar = svg('svg', {class: 'meter', viewBox: '0 0 1000 14', preserveAspectRatio: 'none',
      role: 'img', 'aria-label': 'accepted, refused and unreadable'});
    const widths = parts.map(([, count]) => count ? Math.max(4, 1000 * count / whole) : 0);
    const scale = 1000 / (widths.reduce((a, b) => a + b, 0) || 1);
    let x = 0;
    parts.forEach(([kind], i) => {
      if (!widths[i]) return;
      bar.append(svg('rect', {class: kind, x, y: 0, width: widths[i] * scale, height: 14}));
      x += widths[i] * scale;
    });
    return whole ? bar : null;
  }
  function reasons() {
    if (!data.reasons.length) return null;
    const rows = data.reasons;
    return section('reasons', 'Why devices are refused',
      chart('Refused devices by reason', 44 + 30 * rows.length, () =>
        bars(rows.map((row) => row.reason), [['refused', rows.map((row) => row.devices), 'bad']], true)),
      table([
        ['Reason', 'word', (row) => element('span.mono', row.reason)],
        ['Devices', 'number', (row) => grouped(row.devices)],
        ['Share', 'number', (row) => share(row.devices, data.devices)],
        ['What happened', 'wide', (row) => row.sentence],
        ['What to do', 'wide', (row) => row.remedy],
      ], rows));
  }
  function findings() {
    if (!data.findings) return null;
    const kinds = {error: 'bad', warning: 'warn', info: 'info'};
    const entry = (finding) => element('div.finding',
      element('p', element(`span.tag.${kinds[finding.severity]}`, finding.severity), ' ',
        element('span.title', finding.title), ' ', element('span.soft', `${counted(finding.count, 'case')} \u00b7 `),
        element('span.mono.soft', finding.id)),
      element('p', finding.explanation),
      element('p', element('b', 'What to do: '), finding.remedy),
      finding.examples.length ? element('details', element('summary', 'Examples'), element('ul',
        ...finding.examples.map(({who, source, detail, partner}) => element('li',
          [who, detail, source, partner && `shared with ${partner}`].filter(Boolean).join(' \u00b7 '))))) : null);
    return section('findings', 'Findings',
      ...data.findings.length ? data.findings.map(entry) : [element('p.soft', 'Nothing was found.')]);
  }
  // Months without devices are drawn too; many months become years.
  function periods() {
    const months = data.expiry.months;
    const years = new Map();
    for (const {month, accepted, refused} of months) {
      const year = years.get(month.slice(0, 4)) || {label: month.slice(0, 4), accepted: 0, refused: 0};
      year.accepted += accepted;
      year.refused += refused;
      years.set(year.label, year);
    }
    const number = (month) => 12 * Number(month.slice(0, 4)) + Number(month.slice(5)) - 1;
    const first = number(months[0].month), last = number(months[months.length - 1].month);
    if (last - first >= 60) return {unit: 'year', list: [...years.values()]};
    const list = [];
    for (let at = first, i = 0; at <= last; ++at) {
      const label = `${Math.floor(at / 12)}-${String(at % 12 + 1).padStart(2, '0')}`;
      const there = months[i].month === label ? months[i++] : {accepted: 0, refused: 0};
      list.push({label, accepted: there.accepted, refused: there.refused});
    }
    return {unit: 'month', list};
  }
  function expiry() {
    if (!data.expiry.months.length) return null;
    const {unit, list} = periods();
    return section('expiry', 'When leaf certificates expire',
      element('p.soft', `Devices by the ${unit} in which their leaf ends; this audit is for ${data.at.slice(0, 10)}.`),
      chart('Devices by the time their certificate expires', 260, () => bars(list.map((row) => row.label), [
        ['accepted', list.map((row) => row.accepted), 'good'], ['refused', list.map((row) => row.refused), 'bad'],
      ])),
      folded('The numbers, by month', table([
        ['Month', '', (row) => row.month],
        ['Accepted', 'number', (row) => grouped(row.accepted)],
        ['Refused', 'number', (row) => grouped(row.refused)],
      ], data.expiry.months)));
  }
  // Devices by some trait: a ring of the most frequent ones, and a table of all.
  function mix(id, title, trait, rows) {
    if (!rows.length) return null;
    rows = [...rows].sort((a, b) => b.devices - a.devices);
    const most = rows.slice(0, 5);
    const rest = sum(rows.slice(5), 'devices');
    if (rest) most.push({name: 'others', devices: rest});
    return section(id, title,
      chart(`Devices by ${trait.toLowerCase()}`, 210, () => ({
        type: 'doughnut',
        data: {labels: most.map((row) => row.name), datasets: [{
          data: most.map((row) => row.devices), borderWidth: most.length > 1 ? 2 : 0, borderColor: colour('sheet'),
          backgroundColor: most.map((row, i) => colour(`c${i + 1}`)),
        }]},
        options: {cutout: '62%', plugins: {legend: {position: 'right'}}},
      })),
      table([
        [trait, '', (row) => row.name || element('span.soft', 'unreadable')],
        ['Devices', 'number', (row) => grouped(row.devices)],
        ['Share', 'number', (row) => share(row.devices, sum(rows, 'devices'))],
      ], rows));
  }
  const keys = () => mix('keys', 'Keys of devices', 'Key',
    data.keys.map(({key, devices}) => ({name: key, devices})));
  const signatures = () => mix('signatures', 'Signatures on leaf certificates', 'Algorithm', data.signatures);
  function anchors() {
    const {all, rows} = data.anchors;
    return section('anchors', 'Anchors',
      element('p.soft', 'The verified CAs at which the paths of accepted devices end.'),
      rows.length ? table([
        ['CA', '', (row) => row.name || element('span.mono', row.fingerprint.slice(0, 16))],
        ['Verified by', '', (row) => row.method.replaceAll('-', ' ')],
        ['Key', 'date', (row) => row.key],
        ['Expires', 'date', (row) => row.not_after],
        ['Devices', 'number', (row) => grouped(row.devices)],
      ], rows) : element('p', 'None.'),
      more(rows.length, all, 'anchor'));
  }
  const statusTag = (status) => element(`span.tag${{verified: '.good', 'rolls up': '.info', 'not verified': '.warn'}[status] || ''}`, status);
  function issuers() {
    const {all, rows} = data.issuers;
    if (!rows.length) return null;
    return section('issuers', 'CAs that issued device certificates', table([
      ['CA', 'wide', (row) => row.name],
      ['Status', '', (row) => statusTag(row.status)],
      ['Key', 'date', (row) => row.key],
      ['Expires', 'date', (row) => row.not_after],
      ['Accepted', 'number', (row) => grouped(row.accepted)],
      ['Refused', 'number', (row) => grouped(row.refused)],
    ], rows), more(rows.length, all, 'CA'));
  }
  function enrollments() {
    const {groups, groups_all: all, individuals_all: individuals} = data.enrollments;
    const {individuals_accepted: accepted, individuals_refused: refused} = data.enrollments;
    const {individuals: rows, individuals_used: used} = data.enrollments;
    const counts = (title, list) => table([
      [title, 'wide', (row) => row.id],
      ['', '', (row) => row.enabled === false ? element('span.tag.bad', 'disabled')
                      : row.accepted + row.refused ? null : element('span.tag', 'no device')],
      ['Accepted', 'number', (row) => grouped(row.accepted)],
      ['Refused', 'number', (row) => grouped(row.refused)],
    ], list);
    return section('enrollments', 'Enrollments',
      groups.length ? counts('Group', groups) : element('p', 'The service has no groups.'),
      more(groups.length, all, 'group'),
      individuals ? element('h3', 'Individual enrollments') : null,
      individuals ? element('p.soft', `${grouped(used)} of ${grouped(individuals)} decided about a device: ` +
        `${grouped(accepted)} accepted, ${grouped(refused)} refused.`) : null,
      rows.length ? counts('Registration ID', rows) : null,
      more(rows.length, used, 'individual enrollment'));
  }
  // Only what Graphviz draws with, and of it only what has a place on this page.
  const shapes = new Set(['svg', 'g', 'title', 'path', 'polygon', 'polyline', 'ellipse', 'text']);
  const traits = new Set(['viewBox', 'width', 'height', 'class', 'transform', 'd', 'points', 'x', 'y', 'cx', 'cy',
    'rx', 'ry', 'text-anchor', 'stroke-width']);
  function copied(drawn) {
    if (!shapes.has(drawn.localName) || drawn.localName === 'title') return '';
    const made = svg(drawn.localName);
    for (const {name, value} of drawn.attributes) if (traits.has(name)) made.setAttribute(name, value);
    if (drawn.localName === 'text') made.textContent = drawn.textContent;
    made.append(...[...drawn.children].map(copied));
    return made;
  }
  function graph() {
    const {svg: text, shown, all, built_in: builtIn} = data.graph;
    if (!text) {
      return builtIn ? null : section('graph', 'Issuer graph',
        element('p.soft', 'This muster was built without Graphviz, and draws no picture.'));
    }
    const picture = copied(new DOMParser().parseFromString(text, 'image/svg+xml').documentElement);
    return section('graph', 'Issuer graph',
      element('p.soft', shown < all ? `The ${grouped(shown)} most used of ${counted(all, 'CA')}. ` : '',
        'Each line is drawn as wide as many devices came by it; a dashed one was used by none.'),
      element('div.legend', statusTag('verified'), statusTag('rolls up'), statusTag('not verified'), statusTag('not registered')),
      element('div.picture', picture));
  }
  function failing() {
    const {all, rows} = data.failing;
    if (!rows.length) return null;
    const search = element('input');
    search.type = 'search';
    search.id = 'filter';
    search.placeholder = 'Filter: device, reason, file ...';
    search.setAttribute('aria-label', 'Filter the devices');
    const chosen = element('select', ...['every reason', ...new Set(rows.map((row) => row.reason))].map((name, i) => {
      const option = element('option', name);
      option.value = i ? name : '';
      return option;
    }));
    chosen.setAttribute('aria-label', 'Reason');
    const count = element('p.soft');
    const list = table([
      ['Device', 'wide', (row) => row.who || element('span.soft', 'unnamed')],
      ['Reason', '', (row) => element('span', element(`span.tag.${row.reason === 'unreadable' ? 'warn' : 'bad'}`, row.reason),
        row.detail ? element('div.soft', row.detail) : null)],
      ['Certificate', '', (row) => row.at < 0 ? '' : row.at === 0 ? 'leaf' : `CA ${row.at}`],
      ['Enrollment', '', (row) => row.enrollment],
      ['Key', 'date', (row) => row.key],
      ['Expires', 'date', (row) => row.not_after],
      ['Source', 'wide', (row) => element('span.mono', row.source)],
    ], rows);
    const lines = [...list.querySelectorAll('tbody tr')];
    const haystacks = lines.map((line) => line.textContent.toLowerCase());
    const update = () => {
      const wanted = search.value.trim().toLowerCase();
      let shown = 0;
      lines.forEach((line, i) => {
        line.hidden = !haystacks[i].includes(wanted) || (chosen.value !== '' && rows[i].reason !== chosen.value);
        shown += !line.hidden;
      });
      count.textContent = `${grouped(shown)} of ${counted(rows.length, 'row')}`;
    };
    search.addEventListener('input', update);
    chosen.addEventListener('change', update);
    update();
    return section('failing', 'Devices that did not pass',
      element('p.soft', rows.length < all ? `${grouped(rows.length)} of ${grouped(all)}, some of every reason; ` +
        'the audit\u2019s ndjson and csv output holds them all.' : counted(all, 'record') + '.'),
      element('div.filter', search, chosen, count), list);
  }
  function facts() {
    const list = element('dl.facts');
    const add = (name, ...values) => list.append(element('dt', name), element('dd', ...values));
    add('Service', data.service);
    add('Registry generation', grouped(data.generation));
    add('Decided for', data.at);
    add('Options', ...Object.entries(data.options).map(([name, value]) =>
      element('div', element('span.mono', `${name} = ${typeof value === 'string' ? value : JSON.stringify(value)}`))));
    const called = (name) => element('span.mono', name === '-' ? 'standard input' : name);
    const {files, digest, rows} = data.read;
    add('Read', `${counted(data.input_octets, 'octet')} in ${counted(files, 'file')}`,
      ...data.inputs.map((name) => element('div', called(name))));
    if (files > 1) {
      add('SHA-256 of all', element('div.mono', digest),
        element('div.soft', 'Of the files\u2019 own digests below, 32 octets each, in the order in which they were read.'));
    }
    const digests = rows.length ? table([
      ['File', '', (row) => called(row.name)],
      ['Octets', 'number', (row) => grouped(row.octets)],
      ['SHA-256', 'digest', (row) => element('span', element('span.mono', row.digest),
        row.whole ? null : element('div.soft', 'not read to its end'))],
    ], rows) : null;
    const left = rows.length < files ? element('p.more', `The first ${grouped(rows.length)} of ${counted(files, 'file')} are shown.`) : null;
    add('By', `muster ${data.version}`);
    return section('facts', 'What was read, and how', list,
      digests && (rows.length > 5 ? folded('The files and their digests', digests, left)
                                  : element('div', element('h3', 'The files'), digests, left)));
  }

  // ---- the page --------------------------------------------------------------------------------
  document.title = `Fleet audit of ${data.service}, ${data.at.slice(0, 10)}`;
  document.getElementById('title').textContent = data.service;
  document.getElementById('subtitle').textContent =
    `${counted(data.devices, 'device')}, decided for ${data.at.replace('T', ' ').replace('Z', ' UTC')}`;
  document.getElementById('made-by').textContent =
    `Made by muster ${data.version}. This file needs no network and holds no other device than those above.`;
  const notes = [...data.notes];
  if (data.interrupted) notes.push('The audit was interrupted: this is what was done until then.');
  if (!canDraw) notes.push('This muster was built without Chart.js: there are tables and no charts.');
  page.append(...notes.map((text) => element('p.note', text)),
    ...[headline(), reasons(), findings(), expiry(), element('div.columns', ...[keys(), signatures()].filter(Boolean)),
      enrollments(), anchors(), issuers(), graph(), failing(), facts()].filter(Boolean));
  if (!canDraw) document.getElementById('licence').remove();

  const dark = matchMedia('(prefers-color-scheme: dark)');
  const choice = document.getElementById('theme');
  function shade(printing) {
    const isDark = !printing && (choice.value === 'dark' || (choice.value === 'auto' && dark.matches));
    root.dataset.shade = isDark ? 'dark' : 'light';
    draw();
  }
  choice.addEventListener('change', () => shade(false));
  dark.addEventListener('change', () => shade(false));
  addEventListener('beforeprint', () => shade(true));
  addEventListener('afterprint', () => shade(false));
  shade(false);
})();
