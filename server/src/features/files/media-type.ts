/**
 * What a file is, told by its first bytes: neither its name nor what the sender says is believed. The name only chooses
 * among kinds of text that are all harmless, and among the formats that are ZIP archives inside.
 */
import { isUtf8 } from 'node:buffer';
import { extname } from 'node:path';

/** How many bytes are looked at. */
export const headBytes = 4096;

export interface Sniffed {
  mediaType: string;
  /** Whether it looks like text; only the whole content decides. */
  isText: boolean;
}

interface Signature {
  at?: number;
  bytes: string;
  mediaType: string;
}

const hex = (mediaType: string, bytes: string, at = 0): Signature => ({
  mediaType,
  bytes: Buffer.from(bytes, 'hex').toString('latin1'),
  at,
});
const ascii = (mediaType: string, bytes: string, at = 0): Signature => ({ mediaType, bytes, at });

/** In order: the first that fits is it. */
const signatures: Signature[] = [
  hex('image/png', '89504e470d0a1a0a'),
  hex('image/jpeg', 'ffd8ff'),
  ascii('image/gif', 'GIF87a'),
  ascii('image/gif', 'GIF89a'),
  hex('image/tiff', '49492a00'),
  hex('image/tiff', '4d4d002a'),
  hex('image/x-icon', '00000100'),
  ascii('application/pdf', '%PDF-'),
  hex('application/gzip', '1f8b08'),
  hex('application/zstd', '28b52ffd'),
  hex('application/x-xz', 'fd377a585a00'),
  ascii('application/x-bzip2', 'BZh'),
  hex('application/x-7z-compressed', '377abcaf271c'),
  ascii('application/vnd.rar', 'Rar!'),
  ascii('application/x-tar', 'ustar', 257),
  ascii('audio/mpeg', 'ID3'),
  hex('audio/mpeg', 'fffb'),
  ascii('audio/flac', 'fLaC'),
  ascii('application/ogg', 'OggS'),
  hex('video/webm', '1a45dfa3'),
  ascii('font/woff', 'wOFF'),
  ascii('font/woff2', 'wOF2'),
  hex('application/wasm', '0061736d'),
  ascii('application/vnd.sqlite3', 'SQLite format 3'),
  hex('application/x-ole-storage', 'd0cf11e0a1b11ae1'),
  hex('application/x-elf', '7f454c46'),
  hex('application/x-mach-binary', 'cafebabe'),
  hex('application/x-mach-binary', 'feedface'),
  hex('application/x-mach-binary', 'feedfacf'),
  hex('application/x-mach-binary', 'cefaedfe'),
  hex('application/x-mach-binary', 'cffaedfe'),
  hex('application/x-ms-shortcut', '4c0000000114020000000000c000000000000046'),
];

/** Programs: nobody opens one on purpose here, and one that is handed on does harm. */
export const refusedTypes: ReadonlySet<string> = new Set([
  'application/x-elf',
  'application/vnd.microsoft.portable-executable',
  'application/x-mach-binary',
  'application/x-ms-shortcut',
]);

/** The type of a content that begins with `head`. `isComplete`: the head is all of it. */
export function sniff(head: Buffer, name: string, isComplete: boolean): Sniffed {
  const binary = sniffBinary(head, name);
  if (binary !== undefined) return { mediaType: binary, isText: false };
  if (!isTextual(head, isComplete)) return { mediaType: 'application/octet-stream', isText: false };
  return { mediaType: sniffText(head.toString('utf8'), name), isText: true };
}

function sniffBinary(head: Buffer, name: string): string | undefined {
  const text = head.subarray(0, 512).toString('latin1');
  const found = signatures.find(({ bytes, at }) => text.startsWith(bytes, at));
  return found?.mediaType ?? sniffContainer(text, name);
}

/** Formats whose first bytes name a family and later ones the member. */
function sniffContainer(text: string, name: string): string | undefined {
  if (text.startsWith('PK\u0003\u0004')) return zipTypes[extname(name).toLowerCase()] ?? 'application/zip';
  if (text.startsWith('PK\u0005\u0006')) return 'application/zip';
  if (text.startsWith('RIFF')) return riffTypes[text.slice(8, 12)] ?? 'application/octet-stream';
  if (text.startsWith('ftyp', 4)) return brandTypes[text.slice(8, 12)] ?? 'video/mp4';
  if (text.startsWith('BM') && /^\0{4}$/.test(text.slice(6, 10))) return 'image/bmp';
  if (text.startsWith('MZ') && isProgram(text)) return 'application/vnd.microsoft.portable-executable';
  return undefined;
}

/** A text may begin with "MZ"; a program has control characters in its header. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const isProgram = (text: string): boolean => /[\u0000-\u0008]/.test(text.slice(2, 64));

const zipTypes: Record<string, string> = {
  '.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  '.xlsx': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  '.pptx': 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  '.odt': 'application/vnd.oasis.opendocument.text',
  '.ods': 'application/vnd.oasis.opendocument.spreadsheet',
  '.odp': 'application/vnd.oasis.opendocument.presentation',
  '.epub': 'application/epub+zip',
};
const riffTypes: Record<string, string> = { WEBP: 'image/webp', WAVE: 'audio/wav', 'AVI ': 'video/x-msvideo' };
const brandTypes: Record<string, string> = {
  avif: 'image/avif',
  avis: 'image/avif',
  heic: 'image/heic',
  heix: 'image/heic',
  mif1: 'image/heif',
  'M4A ': 'audio/mp4',
  'qt  ': 'video/quicktime',
};

// What the WHATWG calls binary data bytes: controls other than tab, line ends, form feed and escape.
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const controls = /[\u0000-\u0008\u000b\u000e-\u001a\u001c-\u001f]/;

export const hasControls = (text: string): boolean => controls.test(text);

/** Valid UTF-8 without control characters; the last character of a head may be cut. */
function isTextual(head: Buffer, isComplete: boolean): boolean {
  if (hasControls(head.toString('latin1'))) return false;
  if (isComplete) return isUtf8(head);
  return [0, 1, 2, 3].some((cut) => isUtf8(head.subarray(0, head.length - cut)));
}

const htmlStart =
  /^<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|img|form|link|meta|base|object|embed|svg:svg)[\s>/]/i;

function sniffText(text: string, name: string): string {
  const start = text.replace(/^\ufeff/, '').replace(/^(?:\s+|<!--[\s\S]*?(?:-->|$)|<\?xml[\s\S]*?(?:\?>|$))*/i, '');
  if (/^(?:<!doctype svg|<svg[\s>/])/i.test(start)) return 'image/svg+xml';
  if (htmlStart.test(start)) return 'text/html';
  if (/^\ufeff?\s*<\?xml/i.test(text) || /^\s*<!--/.test(text)) return 'application/xml';
  return textTypes[extname(name).toLowerCase()] ?? 'text/plain';
}

/** Scripts and styles are text too; they are served only as downloads. */
const textTypes: Record<string, string> = {
  '.md': 'text/markdown',
  '.markdown': 'text/markdown',
  '.csv': 'text/csv',
  '.tsv': 'text/tab-separated-values',
  '.json': 'application/json',
  '.jsonl': 'application/x-ndjson',
  '.yaml': 'application/yaml',
  '.yml': 'application/yaml',
  '.xml': 'application/xml',
  '.html': 'text/html',
  '.htm': 'text/html',
  '.svg': 'image/svg+xml',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
};

const shown: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'image/bmp',
  'image/x-icon',
  'text/plain',
  'text/markdown',
  'text/csv',
  'text/tab-separated-values',
  'application/json',
  'audio/mpeg',
  'audio/mp4',
  'audio/wav',
  'audio/flac',
  'video/mp4',
  'video/webm',
]);

/** Whether a browser may show it in place; everything that could run is only ever downloaded. */
export const isShownInline = (mediaType: string): boolean => shown.has(mediaType);
