import { expect, test } from 'vitest';
import { connectGuest, Guest } from '../src/guest';

/** The host's end, as TensorBoard speaks it: JSON texts over a port. */
function host(port: MessagePort) {
  const received: Record<string, unknown>[] = [];
  port.onmessage = (event) => received.push(JSON.parse(event.data));
  return {
    received,
    send: (message: object) => port.postMessage(JSON.stringify(message)),
    turn: () => new Promise((resolve) => setTimeout(resolve, 20)),
  };
}

function pair() {
  const channel = new MessageChannel();
  return {
    guest: new Guest(channel.port1),
    end: host(channel.port2),
    close: () => channel.port1.close(),
  };
}

test('the channel is offered as TensorBoard expects it', () => {
  const posted: unknown[][] = [];
  const window = { postMessage: (...all: unknown[]) => posted.push(all) } as unknown as Window;
  connectGuest(window);
  expect(posted[0]?.slice(0, 2)).toEqual(['experimental.bootstrap', '*']);
  const [port] = (posted[0]?.[2] ?? []) as MessagePort[];
  expect(port).toBeInstanceOf(MessagePort);
  port?.close();
});

test("a message of the host reaches its listener, and gets the listener's answer", async () => {
  const { guest, end, close } = pair();
  let reloads = 0;
  guest.listen('experimental.DataReloaded', () => {
    reloads += 1;
  });
  end.send({
    type: 'experimental.DataReloaded',
    id: 7,
    payload: null,
    error: null,
    isReply: false,
  });
  await end.turn();
  expect(reloads).toBe(1);
  expect(end.received).toEqual([
    { type: 'experimental.DataReloaded', id: 7, payload: null, error: null, isReply: true },
  ]);
  close();
});

test('a question gets the reply of its own number', async () => {
  const { guest, end, close } = pair();
  const [first, second] = [
    guest.ask('experimental.GetRuns'),
    guest.ask('experimental.GetURLPluginData'),
  ];
  await end.turn();
  const [one, two] = end.received;
  end.send({ ...two, payload: { q: 'x' }, isReply: true });
  end.send({ ...one, payload: ['run'], isReply: true });
  expect(await first).toEqual(['run']);
  expect(await second).toEqual({ q: 'x' });
  close();
});

test('an error of the host is the answer null, and a reply to nobody is dropped', async () => {
  const { guest, end, close } = pair();
  const asked = guest.ask('experimental.GetURLPluginData');
  await end.turn();
  end.send({ type: 'x', id: 99, payload: 1, error: null, isReply: true });
  end.send({ ...end.received[0], error: 'no', isReply: true });
  expect(await asked).toBeNull();
  close();
});
