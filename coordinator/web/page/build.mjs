// Builds the page: types are checked, src/main.tsx and its styles are bundled, and the files become one C++ source.
//
//   node build.mjs --packages FOLDER --files FOLDER --source FILE.cc
//
// --packages: where node_modules is. --files: gets the page as files. --source: defines assay::WebPageFiles().
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {parseArgs} from 'node:util';

const kMostScriptBytes = 300_000;
const page = import.meta.dirname;
const {packages, files, source} = parseArgs({
  options: {packages: {type: 'string'}, files: {type: 'string'}, source: {type: 'string'}},
}).values;

function fail(message) {
  console.error(`The web page: ${message}`);
  process.exit(1);
}

// The sources lie beside their packages while they are built, so that modules are found and the checkout stays clean.
function stage() {
  const work = path.join(packages, 'source');
  fs.rmSync(work, {recursive: true, force: true});
  fs.cpSync(path.join(page, 'src'), path.join(work, 'src'), {recursive: true});
  fs.copyFileSync(path.join(page, 'tsconfig.json'), path.join(work, 'tsconfig.json'));
  return work;
}

function checkTypes(work) {
  try {
    execFileSync(process.execPath, [path.join(packages, 'node_modules/typescript/bin/tsc'), '--project', work],
        {encoding: 'utf8', cwd: work});
  } catch (error) {
    fail(`types do not fit\n${error.stdout || error.message}`);
  }
}

async function bundle(work) {
  const esbuild = createRequire(path.join(path.resolve(packages), 'package.json'))('esbuild');
  const result = await esbuild.build({
    absWorkingDir: path.resolve(work),
    entryPoints: {main: 'src/main.tsx'},
    outdir: 'assets',
    entryNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    legalComments: 'none',
    write: false,
    logLevel: 'warning',
  });
  return result.outputFiles.map((file) => ({path: `/assets/${path.basename(file.path)}`, content: Buffer.from(file.contents)}));
}

function withIndex(assets) {
  const one = (suffix) => {
    const found = assets.filter((asset) => asset.path.endsWith(suffix));
    if (found.length !== 1) fail(`${found.length} files *${suffix} were made, not one`);
    return found[0].path;
  };
  const html = fs.readFileSync(path.join(page, 'index.html'), 'utf8')
      .replace('{script}', one('.js')).replace('{style}', one('.css'));
  return [{path: '/', content: Buffer.from(html)}, ...assets];
}

const kTypes = {'/': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8'};

// Every byte that is not plain is written in octal, so that any content is a literal.
function literal(content) {
  let text = '';
  for (const byte of content) {
    text += byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c && byte !== 0x3f ? String.fromCharCode(byte) :
        `\\${byte.toString(8).padStart(3, '0')}`;
  }
  const pieces = text.match(/(?:\\[0-7]{3}|[^\\]){1,4000}/g) ?? [''];
  return pieces.map((piece) => `"${piece}"`).join('\n');
}

function asSource(all) {
  const texts = all.map((file, i) => `constexpr char kContent${i}[] =\n${literal(file.content)};`);
  const rows = all.map((file, i) => {
    const type = kTypes[file.path] ?? kTypes[path.extname(file.path)];
    return `      {"${file.path}", "${type}", {kContent${i}, sizeof(kContent${i}) - 1}, ${file.path !== '/'}},`;
  });
  return `// Generated from coordinator/web/page by its build.mjs.
#include "coordinator/web/page/web_page.h"

namespace assay {
namespace {

${texts.join('\n')}

}  // namespace

absl::Span<const WebPageFile> WebPageFiles() {
  static constexpr WebPageFile kFiles[] = {
${rows.join('\n')}
  };
  return kFiles;
}

}  // namespace assay
`;
}

function writeFiles(all) {
  fs.rmSync(files, {recursive: true, force: true});
  for (const file of all) {
    const target = path.join(files, file.path === '/' ? 'index.html' : file.path);
    fs.mkdirSync(path.dirname(target), {recursive: true});
    fs.writeFileSync(target, file.content);
  }
}

if (!packages || !files || !source) fail('--packages, --files and --source are needed');
const work = stage();
checkTypes(work);
const all = withIndex(await bundle(work));
const script = all.filter((file) => file.path.endsWith('.js')).reduce((sum, file) => sum + file.content.length, 0);
if (script > kMostScriptBytes) fail(`its script has ${script} bytes; at most ${kMostScriptBytes} are allowed`);
writeFiles(all);
fs.writeFileSync(source, asSource(all));
