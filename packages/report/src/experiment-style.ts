/** Eight colours of series, apart from each other for colour-blind readers too (least distance 0.11 in Oklab, protanopia, deuteranopia and tritanopia simulated), contrast to the card at least 3. */
const light = ['#1f5fae', '#d4681c', '#279ea4', '#67260c', '#ac77fa', '#72646a', '#023f6f', '#b13e06'];
const dark = ['#6aa7e8', '#ef8a4b', '#95fbe7', '#9f6532', '#516bd1', '#bcc0b2', '#fee657', '#958890'];

const variables = (colours: readonly string[]): string => colours.map((colour, i) => `--k${i}:${colour}`).join(';');

/** What pages of experiments need beside the style of every page. */
export const experimentStyle: string = `
:root{${variables(light)}}
@media screen and (prefers-color-scheme:dark){:root{${variables(dark)}}}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,340px),1fr));gap:14px}
.plots figure{margin:0;min-width:0;max-width:640px;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 12px}.plots figcaption{color:var(--ink);font-weight:600}.plots figure .note{margin:6px 0 0}
.trace{fill:none;stroke-width:1.8;stroke-linejoin:round}.trace.bar-line{stroke-width:1.3}.trace.reference{stroke-width:1.4;opacity:.9}.mark{stroke:var(--card);stroke-width:.8}.band{opacity:.12}.key{display:inline-block;width:30px;height:12px;vertical-align:-1px}
${light.map((_, i) => `.trace-${i}{stroke:var(--k${i})}.mark-${i},.band-${i}{fill:var(--k${i})}`).join('')}
.square.top{stroke:var(--k1);stroke-width:3}.number-in{font-size:11px;font-variant-numeric:tabular-nums}.zero{stroke:var(--ink);stroke-width:1.2}.row-label{fill:var(--ink);font-size:11px}.interval{fill:none;stroke:var(--ink);stroke-width:1.4}.above{fill:var(--k0)}.below{fill:var(--k1)}.open{fill:var(--card);stroke:var(--ink);stroke-width:1.6}
.headline{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:2px 18px 6px;margin-top:18px}.headline h2{margin:12px 0 0}.headline li{margin:4px 0}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:0}.facts dt{color:var(--soft)}.facts dd{margin:0;overflow-wrap:anywhere}
.results th[scope=row]{position:sticky;left:0;background:var(--paper);white-space:nowrap;font-weight:400}.results thead th{vertical-align:bottom}.results .better{color:var(--k0)}.results .worse{color:var(--k1)}
summary h3{display:inline;margin:6px 0}.results td+td{min-width:0}details{margin-top:6px}summary{margin-top:8px}pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 12px;font-size:13px}
@media (max-width:560px){.facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:8px}.results th,.results td{padding:5px 7px}}
@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--paper:#fff;--card:#fff;--line:#ccc;--good:#2e8b57;--bad:#c9502f}.plots{grid-template-columns:repeat(2,1fr)}.plots figure{break-inside:avoid}.scroll{overflow:visible}.results{font-size:10px}.results .note{font-size:9px}.results th,.results td{padding:3px 5px;white-space:normal!important}.results th[scope=row]{position:static;white-space:normal}.square,.band{print-color-adjust:exact}h2,h3{break-after:avoid}tr{break-inside:avoid}}
`;
