// Runs modules under node and prints what tests/wasm/fusion_runner.c prints of them: the results of f0, f1, …, the globals,
// a hash of the memory. Each module's lines are preceded by its path.
const fs = require('fs');

const ARGS = [[0, 0n], [1, 1000n], [-16, -1n], [123456789, 1n << 40n]];
// Beginnings of V8's messages, and the specification's words.
const TRAPS = [
	['divide by zero', 'integer divide by zero'],
	['remainder by zero', 'integer divide by zero'],
	['divide result unrepresentable', 'integer overflow'],
	['float unrepresentable', 'integer overflow'],
	['memory access out of bounds', 'out of bounds memory access'],
	['unreachable', 'unreachable'],
];

function trapWords(error) {
	if (!(error instanceof WebAssembly.RuntimeError))
		throw error;
	const found = TRAPS.find(([text]) => error.message.startsWith(text));
	return found ? found[1] : `unknown trap: ${error.message}`;
}

function hash(bytes) {
	let sum = 0n;
	for (const byte of bytes)
		sum = BigInt.asUintN(64, (sum ^ BigInt(byte)) * 1099511628211n);
	return sum.toString(16);
}

function run(path) {
	const { exports } = new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(path)));
	const lines = [path];
	for (let i = 0; exports[`f${i}`]; i++) {
		ARGS.forEach(([a, b], k) => {
			try {
				lines.push(`f${i} ${k}: 0 ${(exports[`f${i}`](a, b) >>> 0).toString(16)}`);
			} catch (error) {
				lines.push(`f${i} ${k}: trap ${trapWords(error)}`);
			}
		});
	}
	lines.push(`g ${(exports.g.value >>> 0).toString(16)}`, `fuel ${(exports.fuel.value >>> 0).toString(16)}`);
	lines.push(`memory ${hash(new Uint8Array(exports.memory.buffer))}`);
	console.log(lines.join('\n'));
}

process.argv.slice(2).forEach(run);
