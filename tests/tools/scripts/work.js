const fs = require('fs'), path = require('path'), zlib = require('zlib'), crypto = require('crypto');
const { execFileSync } = require('child_process');
fs.mkdirSync('js/a/b', { recursive: true });
fs.writeFileSync('js/a/b/list.json', JSON.stringify(fs.readdirSync('.').sort()));
fs.renameSync('js/a/b/list.json', 'js/list.json');
fs.copyFileSync('a.txt', 'js/a.txt');
fs.appendFileSync('js/a.txt', 'appended\n');
console.log(fs.statSync('a.txt').size, fs.readlinkSync('link-to-a'), path.basename(fs.realpathSync('link-to-sub')));
console.log(zlib.gunzipSync(fs.readFileSync('a.txt.gz')).length);
console.log(crypto.createHash('sha256').update(fs.readFileSync('big.bin')).digest('hex'));
console.log(execFileSync('wc', ['-c', 'big.bin']).toString().trim());
try { fs.readFileSync('missing'); } catch (e) { console.log(e.code); }
fs.promises.readFile('b.txt', 'utf8').then((t) => console.log(t.split('\n').length));
fs.createReadStream('big.txt').pipe(zlib.createGzip()).pipe(zlib.createGunzip()).pipe(fs.createWriteStream('js/big.txt'))
  .on('finish', () => { console.log(fs.statSync('js/big.txt').size); fs.rmSync('js/a', { recursive: true }); });
