// Answers `pkl5 conform` with the library that its argument names; both only
// read.

const readline = require('node:readline');

// How each reads a Buffer.
const LIBRARIES = {
  pickleparser: () => {
    const {Parser} = require('pickleparser');
    return (data) => new Parser().parse(data);
  },
  jpickle: () => {
    const jpickle = require('jpickle');
    return (data) => jpickle.loads(data.toString('latin1'));
  },
};
const load = LIBRARIES[process.argv[2]]();

function number(v) {
  const text = Object.is(v, -0) ? '-0' : String(v);
  return {t: 'number', v: text.replace('Infinity', 'inf').toLowerCase()};
}

function bytes(v) {
  return {t: 'bytes', len: v.length, hex: Buffer.from(v).toString('hex')};
}

// What was read, as a tree whose ids are those of the canonical order.
class Tree {
  constructor() {
    this.ids = new Map();
  }

  of(v) {
    if (v === null || v === undefined) return {t: 'none'};
    if (typeof v === 'boolean') return {t: 'bool', v};
    if (typeof v === 'number') return number(v);
    if (typeof v === 'bigint') return {t: 'int', v: v.toString()};
    if (typeof v === 'string') return {t: 'str', cp: [...v].length, v};
    if (v instanceof Uint8Array) return bytes(v);
    if (this.ids.has(v)) return {t: 'ref', id: this.ids.get(v)};
    const id = this.ids.size;
    this.ids.set(v, id);
    if (Array.isArray(v)) {
      return {t: 'array', id, items: v.map((item) => this.of(item))};
    }
    if (v instanceof Set) {
      return {t: 'set', id, items: [...v].map((item) => this.of(item))};
    }
    const pairs = v instanceof Map ? [...v.entries()] : Object.entries(v);
    return {
      t: 'dict',
      id,
      items: pairs.map(([key, one]) => [this.of(key), this.of(one)]),
    };
  }
}

function answer(line) {
  const [verb, , hex] = line.split(' ');
  if (verb === 'dump') return {skip: 'does not write'};
  try {
    const data = Buffer.from(hex === '-' ? '' : hex, 'hex');
    const value = load(data);
    if (verb === 'accept') return {accepted: true};
    return {tree: new Tree().of(value)};
  } catch (error) {
    return {error: 'malformed', message: String(error)};
  }
}

readline.createInterface({input: process.stdin}).on('line', (line) => {
  process.stdout.write(JSON.stringify(answer(line)) + '\n');
});
