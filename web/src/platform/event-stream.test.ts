import { expect, test } from 'vitest';
import { readEvents } from './event-stream.ts';

async function eventsOf(chunks: Uint8Array[]) {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const events = [];
  for await (const event of readEvents(body)) events.push(event);
  return events;
}

test('frames come whole, wherever the network cuts them', async () => {
  const bytes = new TextEncoder().encode(
    'event: turn\ndata: {"a":"ü€👩‍👩‍👧"}\n\n: heartbeat\n\nid: 7\nevent: part\ndata: one\ndata: two\n\n',
  );
  const expected = [
    { event: 'turn', data: '{"a":"ü€👩‍👩‍👧"}', id: undefined },
    { event: 'part', data: 'one\ntwo', id: '7' },
  ];
  for (let size = 1; size <= bytes.length; size++) {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
    expect(await eventsOf(chunks)).toEqual(expected);
  }
});

test('a frame that is cut off at the end is not taken for whole', async () => {
  expect(await eventsOf([new TextEncoder().encode('data: whole\n\ndata: ha')])).toEqual([
    { event: 'message', data: 'whole', id: undefined },
  ]);
});
