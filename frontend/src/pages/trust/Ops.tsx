import type { PortabilityOpsPayload } from '../../api/types';
import { formatCount, formatQuantity, visibleName } from '../../model/format';
import { rankOps } from '../../model/trust';
import { useMore } from '../Section';
import { TargetVerdict } from './Targets';

const FIRST_ROWS = 60;
const TITLES: Record<string, string> = {
  tf: 'TensorFlow',
  tflite: 'TFLite',
  tfjs: 'TF.js',
  serving: 'Serving',
  keras3: 'Keras 3',
};

/** What each target makes of each op, behind a disclosure. */
export function Ops({ ops }: { ops: PortabilityOpsPayload }) {
  const { shown, button } = useMore(rankOps(ops), FIRST_ROWS);
  return (
    <details class="trust-ops">
      <summary>{formatQuantity(ops.op.length, 'op')}, target by target</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Op</th>
            <th scope="col" class="number">
              Nodes
            </th>
            <th scope="col">Of</th>
            <th scope="col">Since</th>
            {ops.support.map(({ name }) => (
              <th key={name} scope="col">
                {TITLES[name] ?? name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((at) => (
            <tr key={ops.op[at]}>
              <td>
                <code>{visibleName(ops.op[at] ?? '')}</code>
                {ops.plumbing[at] && <span class="muted"> only saves or initialises</span>}
              </td>
              <td class="number">{formatCount(ops.count[at] ?? 0)}</td>
              <td>{ops.package[at] || 'not known'}</td>
              <td>{ops.since[at] || '–'}</td>
              {ops.support.map(({ name, verdict }) => (
                <td key={name}>
                  <TargetVerdict verdict={verdict[at] ?? ''} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {button}
    </details>
  );
}
