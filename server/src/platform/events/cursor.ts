/** A place in the log, and the opaque form in which clients keep it. */
export interface LogPosition {
  transactionId: bigint;
  position: number;
}

export const comparePositions = (a: LogPosition, b: LogPosition): number =>
  a.transactionId === b.transactionId ? a.position - b.position : a.transactionId < b.transactionId ? -1 : 1;

/** Epoch, transaction and position in 32 bytes, base64url. */
export function encodeCursor(epoch: string, at: LogPosition): string {
  const bytes = Buffer.alloc(32);
  bytes.write(epoch.replaceAll('-', ''), 0, 'hex');
  bytes.writeBigUInt64BE(at.transactionId, 16);
  bytes.writeBigUInt64BE(BigInt(at.position), 24);
  return bytes.toString('base64url');
}

/** Where the cursor points in this epoch; `stale` for another epoch (a restore, a move), `malformed` for anything else. */
export function decodeCursor(epoch: string, cursor: string): LogPosition | 'stale' | 'malformed' {
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.length !== 32 || bytes.toString('base64url') !== cursor) return 'malformed';
  if (bytes.toString('hex', 0, 16) !== epoch.replaceAll('-', '')) return 'stale';
  const position = bytes.readBigUInt64BE(24);
  if (position > BigInt(Number.MAX_SAFE_INTEGER) || bytes[16]! > 0x7f) return 'malformed';
  return { transactionId: bytes.readBigUInt64BE(16), position: Number(position) };
}
