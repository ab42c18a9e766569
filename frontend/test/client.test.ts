import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiError, Client } from '../src/api/client';

let server: Server;
let root: string;
let asked: IncomingMessage[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  root = `http://127.0.0.1:${(server.address() as AddressInfo).port}/data/plugin/modelinspect/`;
});

afterEach(() => server.close());

function say(status: number, body: string, headers: Record<string, string> = {}) {
  answer = (_, response) => response.writeHead(status, headers).end(body);
}

test('names and slices arrive as they were given, whatever they hold', async () => {
  say(200, '{"ok": true}');
  await new Client(root).values({ id: 'a1', key: 'x&y=z/é+ #%' }, '0:1:1,2:3:1');
  const url = new URL(asked[0]?.url ?? '', root);
  expect(url.pathname).toBe('/data/plugin/modelinspect/api/values');
  expect(Object.fromEntries(url.searchParams)).toEqual({
    id: 'a1',
    key: 'x&y=z/é+ #%',
    slice: '0:1:1,2:3:1',
  });
});

test('a tensor of a call has routes of its own', async () => {
  say(200, '{"ok": true}');
  const client = new Client(root);
  const at = { call: 'c1', side: 'watched', key: '3' } as const;
  await client.picture(at, { slice: '', axes: '1,2', height: 8, width: 9, method: '' });
  const { pathname, searchParams } = new URL(asked[0]?.url ?? '', root);
  expect(pathname).toBe('/data/plugin/modelinspect/api/run_picture');
  const cells = { slice: '', axes: '1,2', height: '8', width: '9', method: 'mean' };
  expect(Object.fromEntries(searchParams)).toEqual({ ...at, ...cells });
  expect(client.npyAddress(at)).toBe(`${root}api/run_npy?call=c1&side=watched&key=3`);
  expect(client.npyAddress({ id: 'a', key: 'k' }, '0')).toBe(`${root}api/npy?id=a&key=k&slice=0`);
});

test('an unchanged answer is the same object, asked for by its tag', async () => {
  answer = (request, response) => {
    const known = request.headers['if-none-match'] === '"v1"';
    response
      .writeHead(known ? 304 : 200, { ETag: '"v1"' })
      .end(known ? '' : '{"ok": true, "version": "1"}');
  };
  const client = new Client(root);
  const first = await client.status();
  expect(await client.status()).toBe(first);
  expect(asked[1]?.headers['if-none-match']).toBe('"v1"');
});

test('a document is its text, whatever it holds, and kept like any answer', async () => {
  const text = '{"ok": false, "error": "</script>"}';
  answer = (request, response) => {
    const known = request.headers['if-none-match'] === '"v1"';
    const headers = { ETag: '"v1"', 'Content-Type': 'text/plain; charset=utf-8' };
    response.writeHead(known ? 304 : 200, headers).end(known ? '' : text);
  };
  const client = new Client(root);
  expect(await client.document('a1', 'config.json')).toBe(text);
  expect(await client.document('a1', 'config.json')).toBe(text);
  expect(asked[1]?.headers['if-none-match']).toBe('"v1"');
  say(404, '{"ok": false, "error": {"type": "NotFound", "message": "no document", "id": null}}');
  await expect(client.document('a1', 'other')).rejects.toThrow('no document');
  expect(client.documentAddress('a1', 'a&b')).toBe(`${root}api/document?id=a1&name=a%26b`);
});

test("an error has the server's type, message and id", async () => {
  say(422, '{"ok": false, "error": {"type": "Truncated", "message": "needs 8 bytes", "id": "e1"}}');
  const error = await new Client(root).tensors('a').catch((caught) => caught);
  expect(error).toBeInstanceOf(ApiError);
  expect([error.type, error.message, error.id]).toEqual(['Truncated', 'needs 8 bytes', 'e1']);
});

test('an answer that is no JSON is told with its status and its beginning', async () => {
  say(502, '<html>Bad gateway');
  const error = await new Client(root).status().catch((caught) => caught);
  expect(error.message).toContain('502');
  expect(error.message).toContain('<html>Bad gateway');
});

test('no answer at all says what to look at', async () => {
  await new Promise((resolve) => server.close(resolve));
  const error = await new Client(root).status().catch((caught) => caught);
  expect([error.type, error.message]).toEqual(['NoAnswer', expect.stringContaining('terminal')]);
});

test('an aborted request stays an abort, not a failure', async () => {
  answer = () => {};
  const abort = new AbortController();
  const asking = new Client(root).tensors('a', abort.signal).catch((caught) => caught);
  abort.abort();
  expect((await asking).name).toBe('AbortError');
  server.closeAllConnections();
});

test('a request already under way is used once, then asked anew', async () => {
  say(200, '{"ok": true, "artifacts": [1]}');
  const early = new Map([
    ['api/artifacts?rescan=0', Promise.resolve(new Response('{"ok": true, "artifacts": []}'))],
  ]);
  const client = new Client(root, early);
  expect((await client.artifacts({ rescan: false })).artifacts).toEqual([]);
  expect((await client.artifacts({ rescan: false })).artifacts).toEqual([1]);
  expect(asked).toHaveLength(1);
});

test('graphs that were asked for ahead are used once, and not after another question', async () => {
  say(200, '{"ok": true, "first": "f"}');
  const client = new Client(root);
  client.askGraphsAhead('a1');
  expect((await client.graphs('a1')).first).toBe('f');
  expect(asked).toHaveLength(1);
  client.askGraphsAhead('a2');
  client.askGraphsAhead(undefined);
  await client.graphs('a2');
  expect(asked.map(({ url }) => url?.split('=')[1])).toEqual(['a1', 'a2', 'a2']);
});

test('what acts is a POST of JSON with a header that other pages cannot send', async () => {
  let body = '';
  answer = (request, response) => {
    request.on('data', (piece) => {
      body += piece;
    });
    request.on('end', () => response.writeHead(200, { ETag: '"v1"' }).end('{"ok": true}'));
  };
  await new Client(root).verify('a1', 'start');
  expect([asked[0]?.method, asked[0]?.url]).toEqual([
    'POST',
    '/data/plugin/modelinspect/api/verify',
  ]);
  expect(asked[0]?.headers['content-type']).toBe('application/json');
  expect(asked[0]?.headers['x-modelinspect-action']).toBe('1');
  expect(JSON.parse(body)).toEqual({ id: 'a1', action: 'start' });
});

test('a call is made again by its id alone', async () => {
  const bodies: string[] = [];
  answer = (request, response) => {
    let body = '';
    request.on('data', (piece) => {
      body += piece;
    });
    request.on('end', () => {
      bodies.push(body);
      response.writeHead(200, { ETag: '"v1"' }).end('{"ok": true}');
    });
  };
  await new Client(root).findNan('c1');
  await new Client(root).watchCall('c1', 'main:a', 'net/log');
  expect(asked.map(({ method, url }) => `${method} ${url?.split('/').pop()}`)).toEqual([
    'POST run_call',
    'POST run_call',
  ]);
  expect(bodies.map((body) => JSON.parse(body))).toEqual([
    { call: 'c1', action: 'find_nan' },
    { call: 'c1', action: 'watch', graph: 'main:a', node: 'net/log' },
  ]);
});
