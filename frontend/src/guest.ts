/** The guest's side of TensorBoard's messages to and from a plugin's frame. */

interface Message {
  type: string;
  id: number;
  payload: unknown;
  error: string | null;
  isReply: boolean;
}

type Listener = (payload: unknown) => unknown;

export class Guest {
  private lastId = 0;
  private readonly waiting = new Map<number, (payload: unknown) => void>();
  private readonly listeners = new Map<string, Listener>();

  constructor(private readonly port: MessagePort) {
    port.onmessage = (event) => this.receive(event.data);
  }

  /** Asks the host; null for a question it does not know. */
  ask(type: string, payload: unknown = null): Promise<unknown> {
    this.lastId += 1;
    const id = this.lastId;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.send({ type, id, payload, error: null, isReply: false });
    });
  }

  listen(type: string, listener: Listener) {
    this.listeners.set(type, listener);
  }

  private receive(data: string) {
    const message: Message = JSON.parse(data);
    if (message.isReply) {
      this.waiting.get(message.id)?.(message.error === null ? message.payload : null);
      this.waiting.delete(message.id);
      return;
    }
    const payload = this.listeners.get(message.type)?.(message.payload) ?? null;
    this.send({ ...message, payload, error: null, isReply: true });
  }

  private send(message: Message) {
    this.port.postMessage(JSON.stringify(message));
  }
}

/** Opens the channel to the host. A frame may do this once. */
export function connectGuest(host: Window): Guest {
  const channel = new MessageChannel();
  host.postMessage('experimental.bootstrap', '*', [channel.port2]);
  return new Guest(channel.port1);
}
