import type { GraphInfo, Options, Session } from './session';

/** What can be asked of a session. */
export type Method =
  | 'show'
  | 'toggle'
  | 'openAll'
  | 'closeAll'
  | 'showNode'
  | 'configure'
  | 'names'
  | 'summary'
  | 'seek'
  | 'learn'
  | 'highlight'
  | 'describe';

export type Asked =
  | { id: number; method: 'load'; text: string; options: Options }
  | { id: number; method: Method; given: readonly unknown[] };

export interface Replied {
  id: number;
  value?: unknown;
  error?: string;
}

let spare: Worker | undefined;

function startWorker(): Worker {
  return new Worker(new URL('./graph.worker.ts', import.meta.url), { type: 'module' });
}

/** Starts the worker of the next session, while what it will show is asked for. */
export function prepareSession() {
  if (spare) return;
  spare = startWorker();
  // Whoever starts the next one is told why that does not load, either.
  spare.onerror = () => {
    spare = undefined;
  };
}

/** A session in a worker of its own; `close` ends it, and what it is asked then is never answered. */
export class RemoteSession {
  private worker = this.start();
  private readonly waiting = new Map<number, (reply: Replied) => void>();
  private lastId = 0;

  private start(): Worker {
    const worker = spare ?? startWorker();
    spare = undefined;
    worker.onmessage = ({ data }: MessageEvent<Replied>) => {
      this.waiting.get(data.id)?.(data);
      this.waiting.delete(data.id);
    };
    worker.onerror = () => this.fail('The part that draws graphs could not be loaded.');
    return worker;
  }

  /** Ends what the worker is at, for good; another one waits for a document. */
  restart() {
    this.close();
    this.worker = this.start();
  }

  /** @param text The document as the server sent it. */
  load(text: string, options: Options): Promise<GraphInfo> {
    return this.ask((id) => ({ id, method: 'load', text, options })) as Promise<GraphInfo>;
  }

  call<Name extends Method>(
    method: Name,
    ...given: Parameters<Session[Name]>
  ): Promise<ReturnType<Session[Name]>> {
    return this.ask((id) => ({ id, method, given })) as Promise<ReturnType<Session[Name]>>;
  }

  close() {
    this.worker.terminate();
    this.waiting.clear();
  }

  private ask(write: (id: number) => Asked): Promise<unknown> {
    this.lastId += 1;
    const asked = write(this.lastId);
    return new Promise((resolve, reject) => {
      this.waiting.set(asked.id, (reply) => {
        if (reply.error === undefined) resolve(reply.value);
        else reject(new Error(reply.error));
      });
      this.worker.postMessage(asked);
    });
  }

  private fail(error: string) {
    for (const [id, reply] of this.waiting) reply({ id, error });
    this.waiting.clear();
  }
}
