import type { Asked, Replied } from './remote';
import { Session } from './session';

/** Holds one open graph, away from the page: it may take its time. */
const page = self as unknown as {
  onmessage: (event: MessageEvent<Asked>) => void;
  postMessage: (reply: Replied) => void;
};

let session: Session | undefined;

page.onmessage = ({ data }) => {
  try {
    page.postMessage({ id: data.id, value: answer(data) });
  } catch (error) {
    page.postMessage({
      id: data.id,
      error: error instanceof Error ? error.message : String(error),
    });
  }
};

function answer(asked: Asked): unknown {
  if (asked.method === 'load') {
    session = new Session(JSON.parse(asked.text), asked.options);
    return session.info();
  }
  if (!session) throw new Error('No graph is loaded.');
  const method = session[asked.method] as (...given: unknown[]) => unknown;
  return method.apply(session, [...asked.given]);
}
