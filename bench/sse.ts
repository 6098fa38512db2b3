/** Reads server-sent events as they come. */
export interface Frame {
  event: string;
  data: string;
  /** When its last byte was read, in ms of the epoch. */
  at: number;
}

export async function* frames(response: Response): AsyncGenerator<Frame> {
  if (!response.ok || !response.body) throw new Error(`${response.status} ${await response.text()}`);
  let rest = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const at = performance.timeOrigin + performance.now();
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) yield { ...parse(block), at };
  }
}

function parse(block: string): Omit<Frame, 'at'> {
  const field = (name: string) =>
    block
      .split('\n')
      .filter((line) => line.startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).trimStart())
      .join('\n');
  return { event: field('event'), data: field('data') };
}
