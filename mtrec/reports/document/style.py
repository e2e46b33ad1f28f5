"""How a document looks: on light and dark screens, and on paper."""

STYLE = """\
:root { color-scheme: light dark;
  --page: #ffffff; --text: #1c2128; --quiet: #57606a; --line: #d0d7de; --wash: #f3f5f8;
  --fill: #8db4ea; --edge: #0b3d91; --shade: 47, 111, 208; --warn: #fff4d6; }
@media screen and (prefers-color-scheme: dark) { :root {
  --page: #11151b; --text: #e6eaf0; --quiet: #a3adba; --line: #37404c; --wash: #1b212a;
  --fill: #3f6fb5; --edge: #d5e4ff; --shade: 92, 148, 236; --warn: #3a2f12; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 64rem; background: var(--page);
  color: var(--text); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", sans-serif;
  overflow-wrap: break-word; }
bdi { overflow-wrap: anywhere; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .75rem; }
h2 { font-size: 1.45rem; line-height: 1.25; margin: 3rem 0 .5rem; padding-top: 1.25rem;
  border-top: 2px solid var(--line); }
h3 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
h2, h3 { break-after: avoid; }
p, ul { margin: .5rem 0; }
ul { padding-left: 1.25rem; }
li { margin: .25rem 0; }
a { color: inherit; }
em { font-style: italic; }
code { font-family: ui-monospace, "Cascadia Mono", Menlo, monospace; font-size: .9em; }
.note, caption, dt, small { color: var(--quiet); }
.note { font-size: .9rem; max-width: 48rem; }
small { font-size: .85em; white-space: nowrap; }
.warning { background: var(--warn); border-left: 4px solid var(--edge); padding: .6rem .9rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.25rem; margin: .5rem 0; }
dd { margin: 0; }
nav ul { columns: 2; list-style: none; padding: 0; margin: 1rem 0; }
nav li { margin: 0; padding: .15rem 0; break-inside: avoid; }
td strong { display: inline-block; min-width: 3.4rem; }

table { border-collapse: collapse; width: 100%; margin: .75rem 0 1rem; font-size: .93rem;
  font-variant-numeric: tabular-nums; }
caption { text-align: left; font-size: .9rem; padding-bottom: .4rem; max-width: 48rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem 1rem .35rem 0;
  border-bottom: 1px solid var(--line); }
thead th { font-weight: 600; vertical-align: bottom; border-bottom: 2px solid var(--line);
  overflow-wrap: normal; }
tbody th { font-weight: 500; min-width: 9rem; }
td:has(bdi) { min-width: 6rem; }
td:has(.bar) { white-space: nowrap; }
tr { break-inside: avoid; }
.number { text-align: right; }
.bar { position: relative; display: inline-block; width: 9rem; height: .8rem; margin-left: .75rem;
  vertical-align: -.05rem;
  background: var(--wash); border: 1px solid var(--line); }
.bar i, .bar b, .bar u { position: absolute; }
.bar i { top: 0; bottom: 0; background: var(--fill); }
.bar b { top: calc(50% - 1px); height: 2px; background: var(--edge); }
.bar u { top: -3px; bottom: -3px; border-left: 2px solid var(--text); margin-left: -1px; }
.wide { overflow-x: auto; }
.matrix { width: auto; margin-bottom: .25rem; }
.matrix caption { white-space: nowrap; }
.matrix tbody th { min-width: 6rem; }
.matrix th, .matrix td { padding: .3rem .4rem; border: 1px solid var(--line); }
.matrix tbody th { max-width: 16rem; }
.matrix thead th { max-width: 12rem; vertical-align: bottom; }
.matrix thead th:first-child { color: var(--quiet); font-weight: 500; }
.matrix .upright { padding: .5rem .2rem; text-align: center; }
.matrix .upright span { writing-mode: vertical-rl; transform: rotate(180deg);
  white-space: nowrap; }
.matrix td { text-align: right; min-width: 2.1rem; }
.matrix .right { outline: 2px solid var(--edge); outline-offset: -2px; font-weight: 700; }
.s0 { color: var(--quiet); }
.s1 { background: rgba(var(--shade), .08); }
.s2 { background: rgba(var(--shade), .16); }
.s3 { background: rgba(var(--shade), .24); }
.s4 { background: rgba(var(--shade), .33); }
.s5 { background: rgba(var(--shade), .42); }
.s6 { background: rgba(var(--shade), .52); }
@media print {
  @page { size: A4; margin: 14mm; }
  :root { font-size: 10pt; }
  body { padding: 0; max-width: none; print-color-adjust: exact;
    -webkit-print-color-adjust: exact; }
  h2 { margin-top: 1.75rem; }
  nav { display: none; }
  .wide { overflow: visible; }
  .matrix { font-size: 7pt; line-height: 1.2; }
  .matrix th, .matrix td, .matrix .upright { padding: .15rem; min-width: 0; }
  .bar { width: 5rem; }
}
"""
