/** Rules of the review beside those of every page. */
export const reviewStyle = `
.review{display:none;grid-template-columns:minmax(250px,330px) minmax(0,1fr);gap:18px;align-items:start}.ready .review{display:grid}
.panel{position:sticky;top:10px;max-height:calc(100vh - 20px);overflow:auto;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px}
.panel p{margin:6px 0}.panel progress{width:100%;accent-color:var(--s0)}.panel fieldset{border:0;margin:10px 0 0;padding:0;display:flex;flex-wrap:wrap;gap:6px}.panel legend{color:var(--soft);font-size:13px;padding:0 0 4px}
.panel button,.panel select{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--line);border-radius:6px;padding:5px 9px;min-height:34px;max-width:100%;overflow-wrap:anywhere}.panel button{cursor:pointer}.panel button:disabled{opacity:.45;cursor:default}.panel button[aria-pressed=true]{border-color:var(--s0);box-shadow:inset 0 0 0 1px var(--s0);font-weight:600}
.panel kbd{font:600 11px/1 ui-monospace,monospace;color:var(--soft);border:1px solid var(--line);border-radius:3px;padding:1px 4px;margin-left:5px}
.panel label{display:block;font-size:13px;color:var(--soft);max-width:100%}.panel label select{color:var(--ink);display:block;width:100%}.filters{display:grid!important;grid-template-columns:1fr 1fr}.keys{margin-top:10px}
.thumb{display:block;width:var(--cell);height:calc(var(--cell)*var(--ratio));background-repeat:no-repeat;background-size:calc(var(--cell)*var(--columns)) auto;background-position:calc(var(--x)*var(--cell)*-1) calc(var(--y)*var(--cell)*var(--ratio)*-1);image-rendering:pixelated;border-radius:4px;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.large{--cell:220px;margin:8px auto;max-width:100%}
.cards{list-style:none;margin:0;padding:3px;display:grid;grid-template-columns:repeat(auto-fill,minmax(112px,1fr));gap:8px}
.cards li{display:block;content-visibility:auto;contain-intrinsic-size:auto 112px auto 168px}.cards li[hidden]{display:none}
.card{--cell:72px;display:flex;flex-direction:column;align-items:flex-start;font:inherit;font-size:13px;line-height:1.35;color:inherit;text-align:left;width:100%;height:100%;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:8px;overflow-wrap:anywhere;cursor:pointer}.card .thumb{margin-bottom:4px}
.card[aria-current]{outline:3px solid var(--s0);outline-offset:-1px}.card span{display:block}.card .note{font-size:12px}.card .decision{font-weight:600}.card .decision:not(:empty)::before{content:"→ "}
.card[data-decided=keep] .decision{color:var(--good)}.card[data-decided=drop] .decision{color:var(--bad)}.card[data-decided=accept] .decision,.card[data-decided=label] .decision{color:var(--s0)}
:is(button,select,input,summary):focus-visible{outline:3px solid var(--s0);outline-offset:1px}
.said{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.transition td{text-align:right;min-width:62px;white-space:nowrap}.transition td small{display:block;color:var(--soft)}.transition .hit{background:color-mix(in srgb,var(--good) calc(var(--share)*60%),transparent)}.transition .miss{background:color-mix(in srgb,var(--bad) calc(var(--share)*75%),transparent)}
@media (max-width:760px){.review{grid-template-columns:minmax(0,1fr)}.panel{position:static;max-height:none}.large{--cell:150px}main{padding:18px 12px 40px}.cards{grid-template-columns:repeat(auto-fill,minmax(96px,1fr))}}
@media print{.panel{display:none}.ready .review{display:block}.cards li{break-inside:avoid}.card[aria-current]{outline:0}}
`;
