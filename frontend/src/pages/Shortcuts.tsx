import { Dialog } from '../ui/Dialog';

const KEYS: readonly (readonly [keys: string[], what: string])[] = [
  [['/'], 'Search'],
  [['↓'], 'From the search field into the list'],
  [['↑', '↓', 'PgUp', 'PgDn', 'Home', 'End'], 'Move in a list, a table or a tree'],
  [['→', '←'], 'Unfold and fold a group or a branch'],
  [['Enter'], 'Open'],
  [['+', '-', '0'], 'In a picture: closer, wider, all of it'],
  [['Shift', '←', '↑'], 'In a picture: move what is shown'],
  [['f'], 'In a graph: the selected box, as large as it fits'],
  [['Esc'], 'Close the drawer; clear the search'],
  [['?'], 'These shortcuts'],
];

export function Shortcuts({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl class="shortcuts">
        {KEYS.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
