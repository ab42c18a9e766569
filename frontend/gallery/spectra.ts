import type { SpectrumPayload, TensorsPayload } from '../src/api/types';

export const REFUSAL =
  'Tensor "variables/0" as a matrix has 30,522 by 4,096 elements, too many for all singular values: up to 2,048 on the shorter side, 256 MiB in float64, and 20,000,000,000 as the product of rows, columns and shorter side. Take a slice: modelinspect tensor PATH KEY --spectral --slice 0:1000';

/** Singular values that fall off as those of a trained layer do; a small matrix has lost one. */
export function spectrum(tensors: TensorsPayload, key: string): SpectrumPayload {
  const shape = tensors.shape[tensors.key.indexOf(key)] ?? [1, 1];
  const columns = shape.at(-1) ?? 1;
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const count = Math.min(rows, columns);
  const values = Array.from({ length: count }, (_, index) => {
    if (count < 100 && index === count - 1) return 0;
    return 4.2 * Math.exp(-3 * Math.sqrt(index / count)) * (1 - (0.98 * index) / count);
  });
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  const entropy = values
    .filter((value) => value > 0)
    .reduce((total, value) => total - (value / sum) * Math.log(value / sum), 0);
  const [first, last] = [values[0] ?? 0, values.at(-1) ?? 0];
  return {
    key,
    rows,
    columns,
    frobenius_norm: Math.sqrt(squares),
    stable_rank: squares / first ** 2,
    effective_rank: Math.exp(entropy),
    condition: last > 0 ? first / last : null,
    singular_values: values,
  };
}
