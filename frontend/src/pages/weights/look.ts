import { signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext, useMemo } from 'preact/hooks';
import type { TensorPlace } from '../../api/client';
import type { Route } from '../../routes';
import { go, route } from '../../state';

/** A tensor whose values are shown. */
export interface Held {
  at: TensorPlace;
  /** What people call it. */
  name: string;
  dtype: string;
  shape: readonly number[];
  nbytes: number;
}

/** What a person chose to see of values. */
type Choice = Pick<Route, 'show' | 'slice' | 'axes' | 'range' | 'method'>;

export interface Look {
  readonly value: Choice;
  go: (change: Partial<Choice>, options?: { replace: boolean }) => void;
}

const IN_ADDRESS: Look = {
  get value() {
    return route.value;
  },
  go,
};

/** Where the choice stands: in the address, unless something around says otherwise. */
export const LookContext = createContext(IN_ADDRESS);

export function useLook(): Look {
  return useContext(LookContext);
}

/** A choice that goes with what shows it, as in a dialog. */
export function useOwnLook(opening: Partial<Choice>): Look {
  return useMemo(() => {
    const held = signal({ show: '', slice: '', axes: '', range: '', method: '', ...opening });
    return {
      get value() {
        return held.value;
      },
      go: (change) => {
        held.value = { ...held.value, ...change };
      },
    };
  }, []);
}

/** A name for what is asked of a tensor. */
export function placeKey(at: TensorPlace): string {
  return Object.values(at).join(' ');
}
