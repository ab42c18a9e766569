import type { SumPayload, TotalsPayload } from '../../api/types';
import {
  formatBytes,
  formatCount,
  formatExactBytes,
  formatQuantity,
  formatShort,
} from '../../model/format';
import { ViewLink } from '../parts';
import { Section } from '../Section';

/** How much there is of each role and dtype; each row leads to those tensors. */
export function Totals({ id, totals }: { id: string; totals: TotalsPayload }) {
  if (!totals.all.tensors) {
    return (
      <Section title="Weights">
        <p class="muted">No tensor is stored in it.</p>
      </Section>
    );
  }
  // A TF1 `.meta` only tells which variables there are.
  const holdsValues = totals.all.nbytes > 0 || !totals.all.parameters;
  return (
    <Section
      title="Weights"
      extra={
        <ViewLink to={{ page: 'weights', id }}>
          All {formatQuantity(totals.all.tensors, 'tensor')}
        </ViewLink>
      }
    >
      <p class="lead" title={formatCount(totals.model_parameters)}>
        <strong>{formatShort(totals.model_parameters)}</strong> parameters
        <span class="muted"> in weights and state</span>
      </p>
      <table class="totals">
        <thead>
          <tr>
            <th scope="col">Role</th>
            <th scope="col">Tensors</th>
            <th scope="col">Elements</th>
            <th scope="col">Size</th>
          </tr>
        </thead>
        <tbody>
          {totals.by_role.map((sum) => (
            <Sum key={sum.name} id={id} sum={sum} filter="role" holdsValues={holdsValues} />
          ))}
        </tbody>
        <tbody>
          <tr>
            <th scope="col">Dtype</th>
          </tr>
          {totals.by_dtype.map((sum) => (
            <Sum key={sum.name} id={id} sum={sum} filter="dtype" holdsValues={holdsValues} />
          ))}
        </tbody>
      </table>
      {totals.aliases.tensors > 0 && (
        <p class="muted small-print">
          {formatQuantity(totals.aliases.tensors, 'alias', 'aliases')} (
          {formatBytes(totals.aliases.nbytes)}) repeat another tensor and are not counted.
        </p>
      )}
    </Section>
  );
}

function Sum(props: {
  id: string;
  sum: SumPayload;
  filter: 'role' | 'dtype';
  holdsValues: boolean;
}) {
  const { sum, filter } = props;
  return (
    <tr>
      <td>
        <ViewLink to={{ page: 'weights', id: props.id, [filter]: sum.name }}>{sum.name}</ViewLink>
      </td>
      <td class="number">{formatCount(sum.tensors)}</td>
      <td class="number" title={formatCount(sum.parameters)}>
        {formatShort(sum.parameters)}
      </td>
      <td class="number" title={formatExactBytes(sum.nbytes)}>
        {props.holdsValues ? formatBytes(sum.nbytes) : '–'}
      </td>
    </tr>
  );
}
