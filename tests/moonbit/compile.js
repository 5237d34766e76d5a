// Compiles a MoonBit source without its standard library, with the compiler from npm, which is made for a browser's worker:
//
//     node compile.js MOONC-WORKER.JS SOURCE.mbt TARGET OUTPUT EXPORT...
//
// TARGET is wasm-gc or js.
'use strict';
const fs = require('fs');
const path = require('path');
const vm = require('vm');

const [worker, source, target, output, ...exportedFunctions] = process.argv.slice(2);

// The worker's side of a message channel.
let listener;
const waiting = new Map();
globalThis.require = require;
globalThis.addEventListener = (type, f) => { if (type === 'message') listener = f; };
globalThis.postMessage = message => waiting.get(message.id)(message);
vm.runInThisContext(fs.readFileSync(worker, 'utf8'));

function call(name, params) {
  return new Promise((resolve, reject) => {
    const id = String(waiting.size);
    waiting.set(id, reply => reply.type === 'RAW' ? resolve(reply.value) : reject(new Error(JSON.stringify(reply.value))));
    listener({ data: { id, type: 'APPLY', path: [name], argumentList: [{ type: 'RAW', value: params }] }, origin: '' });
  });
}

async function main() {
  const common = { target, pkgSources: ['main:main:/'], noOpt: false };
  const built = await call('buildPackage', {
    ...common, mbtFiles: [[path.basename(source), fs.readFileSync(source, 'utf8')]], miFiles: [], indirectImportMiFiles: [],
    stdMiFiles: [], pkg: 'main', isMain: true, errorFormat: 'human', enableValueTracing: false });
  if (!built.core)
    throw new Error(built.diagnostics.join(''));
  const linked = await call('linkCore', {
    ...common, coreFiles: [built.core], main: 'main', exportedFunctions, outputFormat: 'wasm', testMode: false, debug: false,
    sourceMap: false, sources: {}, stopOnMain: false });
  fs.writeFileSync(output, linked.result);
}

main().catch(error => { console.error(error.message); process.exit(1); });
