import type { ArtifactPayload } from '../../api/types';
import { artifacts } from '../../state';
import { CodeBlock } from '../../ui/Note';
import { ViewLink } from '../parts';
import type { Choice } from './run';

/** How running is switched on, what that means, and how to do without. */
export function Off(props: { payload: ArtifactPayload; chosen: Choice }) {
  const { payload, chosen } = props;
  const root = artifacts.value.value?.roots[0]?.path ?? 'logs';
  const command = [
    `modelinspect run --dir ${shell(payload.location)}`,
    `--tag_set ${shell(chosen.graph.tags.join())}`,
    `--signature_def ${shell(chosen.signature.key)}`,
    ...chosen.signature.inputs
      .slice(0, 1)
      .map(({ key }) => `--inputs ${shell(`${key}=${key}.npy`)}`),
  ].join(' \\\n  ');
  return (
    <div class="empty run-off">
      <h2 class="headline">Running models is switched off</h2>
      <p>
        A model is a program: it can read and write files and use the network of the machine that
        runs TensorBoard, as the person who started it. So nothing is run unless that person says
        so:
      </p>
      <CodeBlock
        code={`tensorboard --logdir ${shell(root)} --modelinspect_allow_run`}
        label="Command that starts TensorBoard so that models can be run"
      />
      <p>Then everybody who can open this page can run every SavedModel below the logdir. Each</p>
      <ul class="run-means">
        <li>
          runs only when somebody presses Run: never because of a link, nor for another web page;
        </li>
        <li>
          runs in a process of its own, with limits on time and memory: if it fails, TensorBoard
          lives;
        </li>
        <li>can do what any program can. Only run models whose origin you trust.</li>
      </ul>
      <p>In a terminal, models run without the flag:</p>
      <CodeBlock code={command} label="Command that calls this signature" />
      <ViewLink to={{ page: 'model', id: payload.artifact.id }}>
        Code to call it in Python or over REST
      </ViewLink>
    </div>
  );
}

function shell(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
