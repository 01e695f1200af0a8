"""What tools/compare prints and writes: the table, the JSON document and the chart."""

import html
import json
import math

TITLES = {
    'openssl': 'OpenSSL', 'botan': 'Botan', 'gnutls': 'GnuTLS', 'mbedtls': 'mbedTLS',
    'wolfssl': 'wolfSSL', 'boringssl': 'BoringSSL', 'go': 'Go crypto/x509',
    'webpki-ring': 'webpki, ring', 'webpki-aws-lc': 'webpki, AWS-LC',
}

MUSTER_TITLES = {
    'batch': 'muster', 'batch/bmi2': 'muster, BMI2 kernel', 'batch/portable':
    'muster, portable kernel', 'single': 'muster, one at a time', 'cold': 'muster, cold',
}


def write_table(result, out):
    out.write(f'\n{result["title"]} ({result["workload"]})\n')
    out.write(f'  {"implementation":<16}{"mode":<20}{"devices/s":>12}{"x OpenSSL full":>16}'
              f'{"x best peer":>13}\n')
    for row in result['rows']:
        best = '' if row['x_best_peer'] is None else f'{row["x_best_peer"]:.2f}'
        mark = ' *' if row['is_best_peer'] else ''
        line = (f'  {row["implementation"]:<16}{row["mode"]:<20}'
                f'{row["devices_per_second"]:>12,.0f}{row["x_openssl_full"]:>16.2f}'
                f'{best:>13}{mark}')
        out.write(line.rstrip() + '\n')
    for name, reason in result['unavailable'].items():
        out.write(f'  {name}: {reason}\n')


def write_json(results, facts, absent, path):
    rows = [{'workload': result['workload'], **row} for result in results for row in result['rows']]
    document = {'schema': 'muster-comparison/1', **facts,
                'absent': [{'implementation': name, 'reason': reason}
                           for name, reason in absent.items()],
                'rows': rows}
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(document, file, indent=1)
        file.write('\n')


# The chart: a panel for each of some workloads, a bar for each implementation in its best mode, and
# OpenSSL "full". The grey of its text reads on white and on black, so it needs no background.

WIDTH, COLUMNS, BAR, GAP, LABEL = 1000, 2, 13, 5, 185
GREY, MUSTER, PEER = '#6e7781', '#d9730d', '#5b87b8'


def _bars(result):
    """(label, devices per second, is it muster), the fastest first."""
    bars = {}
    for row in result['rows']:
        name, mode = row['implementation'], row['mode']
        if name == 'muster':
            label = MUSTER_TITLES.get(mode, f'muster, {mode}')
        else:
            label = TITLES.get(name, name)
            if name == 'openssl' and mode == 'full':
                label += ', full'
        rate = max(row['devices_per_second'], bars.get(label, (0, False))[0])
        bars[label] = (rate, name == 'muster')
    return sorted(((label, *rest) for label, rest in bars.items()), key=lambda bar: -bar[1])


def _panel(result, left, top, width, decades):
    low, high = decades
    plot_left, plot_width = left + LABEL, width - LABEL - 70

    def x(rate):
        return plot_left + plot_width * (math.log10(rate) - low) / (high - low)

    bars = _bars(result)
    bottom = top + 26 + len(bars) * (BAR + GAP)
    yield f'<text x="{left}" y="{top + 12}" class="t">{html.escape(result["title"])}</text>'
    for decade in range(low, high + 1):
        yield (f'<line x1="{x(10 ** decade):.1f}" y1="{top + 22}" x2="{x(10 ** decade):.1f}" '
               f'y2="{bottom}" class="g"/>')
        label = f'{10 ** decade:,}'
        yield f'<text x="{x(10 ** decade):.1f}" y="{bottom + 13}" class="m">{label}</text>'
    for index, (label, rate, is_muster) in enumerate(bars):
        y = top + 26 + index * (BAR + GAP)
        text_y = y + BAR - 2.5
        yield f'<text x="{plot_left - 6}" y="{text_y}" class="e">{html.escape(label)}</text>'
        yield (f'<rect x="{plot_left}" y="{y}" width="{x(rate) - plot_left:.1f}" height="{BAR}" '
               f'rx="2" fill="{MUSTER if is_muster else PEER}"/>')
        yield f'<text x="{x(rate) + 5:.1f}" y="{text_y}">{rate:,.0f}</text>'


def write_chart(results, caption, path):
    results = [result for result in results if result['chart']] or results
    rates = [row['devices_per_second'] for result in results for row in result['rows']]
    decades = (math.floor(math.log10(min(rates))), math.ceil(math.log10(max(rates))))
    width = WIDTH // COLUMNS
    parts, top = [], 8
    for first in range(0, len(results), COLUMNS):
        line = results[first:first + COLUMNS]
        for column, result in enumerate(line):
            parts += _panel(result, column * width + 8, top, width - 16, decades)
        top += 62 + max(len(_bars(result)) for result in line) * (BAR + GAP)
    parts.append(f'<text x="8" y="{top + 6}">{html.escape(caption)}</text>')
    height = top + 16
    with open(path, 'w', encoding='utf-8') as file:
        file.write(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" height="{height}" role="img" '
            'aria-label="Devices decided per second and core, by implementation">\n'
            f'<style>text{{font:11px sans-serif;fill:{GREY}}}'
            '.t{font-size:13px;font-weight:bold}.e{text-anchor:end}.m{text-anchor:middle}'
            f'.g{{stroke:{GREY};stroke-opacity:.35}}</style>\n')
        file.write('\n'.join(parts))
        file.write('\n</svg>\n')
