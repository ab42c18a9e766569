import { useSignal } from '@preact/signals';
import type { DiffGroupPayload, DiffListPayload, DiffPartPayload } from '../../api/types';
import { asHeading } from '../../model/diff';
import { formatCount, visibleName } from '../../model/format';
import { Sign, States } from './PairList';

/** A part of the diff besides tensors: both sides of what differs; or why there is nothing. */
export function Structure({ part }: { part: DiffPartPayload }) {
  const { skipped, groups, name } = part;
  if (!groups.length) {
    return (
      <div class="empty">
        <h2 class="headline">{skipped ? 'Not compared' : 'Nothing differs here'}</h2>
        <p>{skipped && `${asHeading(skipped)}.`}</p>
      </div>
    );
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it.
    <div class="compare-body" tabIndex={0} role="region" aria-label={asHeading(name)}>
      {groups.map((group, at) => (
        <Group key={`${at} ${group.title}`} group={group} />
      ))}
    </div>
  );
}

function Group({ group }: { group: DiffGroupPayload }) {
  return (
    <article class="diff-card">
      <div class="diff-card-head">
        <h3>{visibleName(group.title)}</h3>
        <States words={[group.state]} />
        <span class="muted">{visibleName(group.note)}</span>
      </div>
      {group.lists.map((list) =>
        list.title ? <Fold key={list.title} list={list} /> : <Lines key="" list={list} />,
      )}
    </article>
  );
}

function Fold({ list }: { list: DiffListPayload }) {
  const open = useSignal(!list.folded);
  return (
    <details
      open={open.value}
      onToggle={(event) => {
        open.value = event.currentTarget.open;
      }}
    >
      <summary>
        {list.title} <span class="muted">{formatCount(list.count)}</span>
      </summary>
      {open.value && <Lines list={list} />}
    </details>
  );
}

function Lines({ list: { lines, count } }: { list: DiffListPayload }) {
  return (
    <>
      <table class="diff-table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Before</th>
            <th scope="col">After</th>
          </tr>
        </thead>
        <tbody>
          {lines.map(({ state, name, before, after }, at) => (
            <tr key={at}>
              <th scope="row">
                <Sign word={state} /> {visibleName(name)}
              </th>
              <Side text={before} other={after} />
              <Side text={after} other={before} />
            </tr>
          ))}
        </tbody>
      </table>
      {count > lines.length && (
        <p class="muted">{formatCount(count - lines.length)} more are not listed.</p>
      )}
    </>
  );
}

/** One side; where a part of it is the same on the other, the words that are not. */
function Side({ text, other }: { text: string | null; other: string | null }) {
  if (text === null) return <td class="muted">–</td>;
  const [words, others] = [text.split(/(\s+)/), other?.split(/(\s+)/) ?? []];
  const isPart = words.some((word, at) => word.trim() && word === others[at]);
  return (
    <td>
      {words.map((word, at) =>
        isPart && word.trim() && word !== others[at] ? (
          <span key={at} class="differs">
            {visibleName(word)}
          </span>
        ) : (
          visibleName(word)
        ),
      )}
    </td>
  );
}
