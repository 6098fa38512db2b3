/** Names: keys on the wire from labels, and physical names that PostgreSQL takes whole (63 bytes) and that never collide. */
import { createHash } from 'node:crypto';
import { fail } from '@piper/shared/errors';

/** PostgreSQL cuts longer names without a word. */
export const maxNameBytes = 63;

/** On the wire these mean something of Piper's. */
const reservedKeys = new Set([
  'id',
  'createdAt',
  'updatedAt',
  'createdBy',
  'updatedBy',
  'version',
  'deletedAt',
  'allowedActions',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
]);
/** Columns every table has in PostgreSQL. */
const reservedColumns = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid']);

const keyForm = /^[a-z][a-zA-Z0-9_]*$/;

/** Throws `validation_failed` for a key that can't stand on the wire. `path` names where it was given. */
export function checkKey(key: string, path: string): void {
  const problem = keyProblem(key);
  if (problem !== undefined) fail('validation_failed', `Not valid: "${path}" ${problem}.`, [{ path, message: problem }]);
}

function keyProblem(key: string): string | undefined {
  if (!keyForm.test(key)) return 'must begin with a small letter and hold only letters a-z, digits and _';
  if (Buffer.byteLength(key) > maxNameBytes) return `must have at most ${maxNameBytes} characters`;
  return reservedKeys.has(key) ? `is a name Piper uses itself: ${key}` : undefined;
}

/** Letters that are not Latin ones with marks, in Latin: `Имя` → `imya`. Scripts without letters for sounds have no such form. */
const latin = new Map(
  [
    'а:a б:b в:v г:g д:d е:e ж:zh з:z и:i к:k л:l м:m н:n о:o п:p р:r с:s т:t у:u ф:f х:kh ц:ts ч:ch ш:sh щ:shch ъ: ы:y ь: э:e ю:yu я:ya',
    'і:i є:ye ґ:g ј:j љ:lj њ:nj ћ:c ђ:d џ:dz',
    'α:a β:v γ:g δ:d ε:e ζ:z η:i θ:th ι:i κ:k λ:l μ:m ν:n ξ:x ο:o π:p ρ:r σ:s ς:s τ:t υ:y φ:f χ:ch ψ:ps ω:o',
    'ß:ss æ:ae œ:oe ø:o ł:l đ:d ð:d þ:th ı:i',
  ].flatMap((line) => line.split(' ').map((pair) => pair.split(':') as [string, string])),
);

/** A key made from a label: `Unit price (€)` → `unit_price`. What has no letters or digits becomes `fallback`. A taken one gets a number. */
export function keyFromLabel(label: string, taken: ReadonlySet<string>, fallback: string): string {
  const plain = label
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/\P{ASCII}/gu, (letter) => latin.get(letter) ?? letter)
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  const base = (plain === '' ? fallback : /^[0-9]/.test(plain) ? `${fallback}_${plain}` : plain).slice(0, maxNameBytes - 6);
  for (let n = 1; ; n++) {
    const key = n === 1 ? base : `${base}_${n}`;
    if (!taken.has(key) && !reservedKeys.has(key)) return key;
  }
}

/** `unitPrice` → `unit_price`; too long or taken ones end in a hash of the stable id, so the same thing always gets the same name. */
export function physicalName(key: string, id: string, taken: ReadonlySet<string>): string {
  const snake = key.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
  if (snake.length <= maxNameBytes && !taken.has(snake) && !reservedColumns.has(snake)) return snake;
  const hash = createHash('sha256').update(id).digest('hex').slice(0, 8);
  return `${snake.slice(0, maxNameBytes - 9)}_${hash}`;
}

/** The schema of a project's tables. */
export const schemaOf = (projectId: string): string => `p_${projectId.replaceAll('-', '')}`;
