// Every word of the pages stands in both languages. node words.mjs
import { createRequire } from 'node:module';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ts = createRequire(new URL('../package.json', import.meta.url))('typescript');
const root = fileURLToPath(new URL('../src/', import.meta.url));
const HAN = /[\u3400-\u9fff]/, MARKS = /[（）：；，。、“”]/; // of Chinese text
let cases = 0, failures = 0;
function check(truth, what) {
  cases += 1;
  if (!truth) { failures += 1; console.log(`FAILED: ${what}`); }
}

/** Is the piece the Chinese side of a pair: tr(HERE, ...), [HERE, ...], { zh: HERE }, or what is said when the language is zh? */
function paired(node) {
  for (let n = node, up = n.parent; up; n = up, up = n.parent) {
    if (ts.isCallExpression(up) && up.expression.getText() === 'tr') return up.arguments[0] === n;
    if (ts.isArrayLiteralExpression(up) && up.elements.length === 2) return up.elements[0] === n;
    if (ts.isPropertyAssignment(up) && up.name.getText() === 'zh') return true;
    if (ts.isConditionalExpression(up) && /language\(\)|lang\b/.test(up.condition.getText())) return true;
    if (ts.isStatement(up)) return false;
  }
  return false;
}
const pieces = (node) => {
  const out = [];
  const visit = (n) => {
    if (ts.isStringLiteralLike(n) || ts.isTemplateHead(n) || ts.isTemplateMiddle(n) || ts.isTemplateTail(n)) out.push(n);
    ts.forEachChild(n, visit);
  };
  visit(node);
  return out;
};
/** Own words of an argument: those of a tr() within it are looked at by themselves. */
const own = (arg) => pieces(arg).filter((p) => {
  for (let n = p.parent; n && n !== arg.parent; n = n.parent) if (ts.isCallExpression(n) && n.expression.getText() === 'tr') return false;
  return true;
}).map((p) => p.text).join(' ');

let pairs = 0;
for (const dir of ['', 'pages/']) {
  for (const name of readdirSync(root + dir).filter((f) => f.endsWith('.ts'))) {
    const source = ts.createSourceFile(name, readFileSync(root + dir + name, 'utf8'), ts.ScriptTarget.ES2020, true);
    const at = (n) => `${dir}${name}:${source.getLineAndCharacterOfPosition(n.getStart()).line + 1}`;
    const visit = (n) => {
      if (ts.isCallExpression(n) && n.expression.getText() === 'tr' && !n.arguments.some(ts.isSpreadElement)) {
        pairs += 1;
        check(n.arguments.length === 2, `${at(n)}: tr() needs both wordings`);
        const [zh, en] = n.arguments.map((a) => own(a).trim());
        if (/[A-Za-z]{2}/.test(en) && !/^[a-z]{2}-[A-Z]{2}$/.test(en) && ts.isStringLiteralLike(n.arguments[0])) check(HAN.test(zh) || zh === '', `${at(n)}: "${zh}" is not Chinese`);
        check(!HAN.test(en) && !MARKS.test(en), `${at(n)}: "${en}" is not English`);
      }
      if (ts.isArrayLiteralExpression(n) && n.elements.length === 2 && n.elements.every(ts.isStringLiteralLike) && HAN.test(n.elements[0].text)) {
        pairs += 1;
        check(!HAN.test(n.elements[1].text), `${at(n)}: "${n.elements[1].text}" is not English`);
      }
      ts.forEachChild(n, visit);
    };
    visit(source);
    for (const p of pieces(source)) {
      if (HAN.test(p.text) || MARKS.test(p.text)) check(paired(p), `${at(p)}: "${p.text}" is in Chinese only`);
    }
  }
}
check(pairs > 300, `only ${pairs} pairs were found`);
console.log(`${pairs} pairs, ${cases} cases, ${failures} failures`);
process.exit(failures ? 1 : 0);
