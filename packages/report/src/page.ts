import { html } from './html.ts';
import type { Content } from './html.ts';

const style = `
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5a6675;--paper:#fbfbfa;--card:#fff;--line:#d9dde3;--s0:#2f6fb2;--s1:#2e8b57;--s2:#8a63b8;--s3:#c9502f;--s4:#b07d12;--s5:#5a6675;--good:#2e8b57;--bad:#c9502f}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#9aa5b3;--paper:#14181d;--card:#1c2229;--line:#323b46;--s0:#6aa7e8;--s1:#62c08b;--s2:#b794e0;--s3:#f0805f;--s4:#dcb04a;--s5:#9aa5b3;--good:#62c08b;--bad:#f0805f}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1180px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:26px;line-height:1.25;margin:0 0 6px}h2{font-size:19px;margin:34px 0 12px}h3{font-size:16px;margin:22px 0 2px}
h1,h2,h3,p,li,figcaption{overflow-wrap:anywhere}p{max-width:78ch}h3+.note{margin:0 0 8px}.note,figcaption,caption{color:var(--soft);font-size:13px}
.tiles{display:flex;flex-wrap:wrap;gap:10px;margin-top:18px}
.tile{flex:1 0 auto;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:9px 12px;white-space:nowrap}.tile b{display:block;font-size:18px;font-variant-numeric:tabular-nums}.tile span{color:var(--soft);font-size:13px}
.warnings{margin-top:18px;border-left:4px solid var(--bad);background:var(--card);padding:2px 18px}.warnings h2{margin:10px 0 0}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr));gap:14px}
.charts figure{margin:0;min-width:0;max-width:460px;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 12px}.charts figcaption{color:var(--ink);font-weight:600}
svg{width:100%;height:auto;display:block}.grid{stroke:var(--line)}.tick{fill:var(--soft);font-size:11px}.line{fill:none;stroke-width:2;stroke-linejoin:round}.line.dashed{stroke-dasharray:5 4}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 16px;margin:6px 0 0;padding:0;font-size:13px}.swatch{display:inline-block;width:11px;height:11px;border-radius:2px;margin-right:6px}.swatch.dashed{width:14px;height:4px;border-radius:0;vertical-align:middle;-webkit-mask:linear-gradient(90deg,#000 5px,transparent 5px 9px,#000 9px);mask:linear-gradient(90deg,#000 5px,transparent 5px 9px,#000 9px)}
${[0, 1, 2, 3, 4, 5].map((i) => `.line.series-${i},.dot.series-${i}{stroke:var(--s${i})}.bar.series-${i}{fill:var(--s${i});opacity:.6}.dot.series-${i}{fill:var(--s${i})}.swatch.series-${i}{background:var(--s${i})}`).join('')}
.scroll{overflow-x:auto}table{border-collapse:collapse;margin:8px 0;font-variant-numeric:tabular-nums}th,td{padding:5px 10px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}th{font-weight:600;max-width:16em}details td+td{overflow-wrap:anywhere;min-width:12em}.number{text-align:right}td.number,td:first-child{white-space:nowrap}caption{caption-side:bottom;text-align:left;padding-top:6px}
.matrix td.hit,.matrix td.miss{text-align:right;min-width:46px}.matrix .hit{background:color-mix(in srgb,var(--good) calc(var(--share)*75%),transparent)}.matrix .miss{background:color-mix(in srgb,var(--bad) calc(var(--share)*75%),transparent)}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(104px,1fr));gap:10px}.face{margin:0;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:8px;overflow-wrap:anywhere}.face.good{border:2px solid var(--good)}.face.bad{border:2px solid var(--bad)}.face img{display:block;height:auto;image-rendering:pixelated;border-radius:4px;margin-bottom:4px}.face figcaption{line-height:1.35}
.wrong{color:var(--bad)}summary{margin-top:24px;cursor:pointer}summary h2{display:inline-block;margin:10px 0}.better{color:var(--good)}.worse{color:var(--bad)}
@media (min-width:900px){.gallery{grid-template-columns:repeat(8,1fr)}}
@media print{main{max-width:none}.charts figure,.face,.tile{break-inside:avoid}}
`;

/** What a page has beside title and body. */
export interface PageParts {
  /** Rules beside those of every page. */
  readonly style?: string;
  /** The one script that may run, and its hash as a source of the policy: `sha256-…`. */
  readonly script?: { readonly text: string; readonly hash: string };
}

/** A whole page that loads nothing from anywhere, and runs no script but the one it is given. */
export function page(title: string, body: Content, { style: more = '', script }: PageParts = {}): string {
  return `<!doctype html>
${
  html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta
        http-equiv="Content-Security-Policy"
        content="${{ html: `default-src 'none'; img-src data:; style-src 'unsafe-inline'${script ? `; script-src '${script.hash}'; base-uri 'none'; form-action 'none'` : ''}` }}"
      />
      <title>${title}</title>
      <style>
        ${{ html: style + more }}
      </style>
    </head>
    <body>
      <main>${body}</main>
      ${script && { html: `<script>${script.text}</script>` }}
    </body>
  </html> `.html
}`;
}
