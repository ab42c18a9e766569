/** Inner tensors of a call: their names, what is wrong with them, how they are laid out. */

import type { RunWatchedPayload } from '../api/types';
import { countElements } from './format';
import { flatRoles, openingRoles, type Roles } from './frames';

/** As TensorFlow writes it, without what all of a scope begin with. */
export function innerName({ node, output }: RunWatchedPayload, scope = ''): string {
  const own = node.startsWith(`${scope}/`) ? node.slice(scope.length + 1) : node;
  return output ? `${own}:${output}` : own;
}

/** Elements that are NaN or infinite. */
export function countOdd({ finite, size }: RunWatchedPayload): number {
  return finite === null ? 0 : size - finite;
}

/** Whether there is more to see of it than the values that came with it. */
export function canPicture({ reason, dtype, shape }: RunWatchedPayload): boolean {
  return !reason && dtype !== 'string' && countElements(shape ?? []) > 1;
}

const STORED = /^(ReadVariableOp|Const|Variable(V2)?)$/;

/**
 * How a tensor is shown at first: weights as on their own page; images `[…, height, width,
 * channels]` with a tile for each channel, and matrices of one size, as those of heads, likewise.
 */
export function innerRoles({
  op,
  node,
  shape,
}: Pick<RunWatchedPayload, 'op' | 'node' | 'shape'>): Roles {
  const sizes = shape ?? [];
  const [a = 0, b = 0, c = 0] = sizes.slice(-3);
  if (STORED.test(op) || (op === 'Identity' && node.endsWith('/read'))) return openingRoles(sizes);
  if (sizes.length < 4 || (b !== c && (a < 2 || b < 2))) return flatRoles(sizes);
  const last = sizes.length - 1;
  if (b === c && a !== b && b > 1) {
    return { rows: last - 1, columns: last, down: a > 1 ? last - 2 : -1, across: -1 };
  }
  return { rows: last - 2, columns: last - 1, down: c > 1 ? last : -1, across: -1 };
}
