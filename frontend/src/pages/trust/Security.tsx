import type { ApiError } from '../../api/client';
import type { ScanFindingPayload, ScanPayload } from '../../api/types';
import { formatCount, formatQuantity, visibleName, visibleText } from '../../model/format';
import { compileSearch } from '../../model/search';
import {
  describeEffort,
  describeOrigin,
  type FindingGroup,
  groupFindings,
  SEVERITIES,
  writeSentence,
} from '../../model/trust';
import { readSet, toggleIn } from '../../routes';
import { go, route } from '../../state';
import { Chip, Chips } from '../../ui/Chips';
import { CodeBlock, Note } from '../../ui/Note';
import { Search } from '../../ui/Search';
import { Name, Problem } from '../parts';
import { Section, useMore } from '../Section';
import { Severity } from '../Severity';
import { NodeLink } from './NodeLink';

/** Rows of a group that show before a person asks for the rest. */
const FIRST_ROWS = 12;
const MOST_ORIGINS = 3;
/** From so many on there is a search. */
const MANY = 10;

/** What could happen to whoever loads or calls it. */
export function Security(props: {
  id: string;
  value: ScanPayload | undefined;
  error: ApiError | undefined;
  retry: () => void;
}) {
  const { id, value, error, retry } = props;
  const total = value && value.findings.length + value.left_out;
  return (
    <Section
      title="Security"
      count={total || undefined}
      extra={value && <span class="muted">{describeEffort(value)} looked at</span>}
    >
      {error && <Problem error={error} what="It could not be scanned" onRetry={retry} />}
      {!value && !error && <p class="muted">Scanning…</p>}
      {value && <Findings id={id} payload={value} />}
      {value && (
        <div class="trust-command">
          <CodeBlock code={value.command} label="The scan in a terminal" />
        </div>
      )}
    </Section>
  );
}

function Findings({ id, payload }: { id: string; payload: ScanPayload }) {
  const { findings, gaps, left_out } = payload;
  const { finding, q } = route.value;
  const groups = groupFindings(findings, readSet(finding), q);
  return (
    <>
      {findings.length > 1 && <Filters payload={payload} />}
      {groups.length > 0 && <Table id={id} groups={groups} />}
      {findings.length > 0 && !groups.length && <NothingMatches />}
      {!findings.length && (
        <p class="muted">
          No finding. A scan is no proof: it looks for what is known to harm, in the files alone.
        </p>
      )}
      {left_out > 0 && (
        <p class="muted">{formatCount(left_out)} more are not listed: the command lists all.</p>
      )}
      {gaps.length > 0 && (
        <Note tone="warn" title="Not looked at" copy={gaps.join('\n')}>
          {gaps.map((gap) => (
            <p key={gap}>{visibleName(gap)}</p>
          ))}
        </Note>
      )}
    </>
  );
}

function Filters({ payload }: { payload: ScanPayload }) {
  const { finding, q } = route.value;
  const chosen = readSet(finding);
  const there = SEVERITIES.filter((one) => payload.counts[one] || chosen.has(one));
  const problem = compileSearch(q);
  return (
    <div class="trust-filters">
      {(payload.findings.length >= MANY || q) && (
        <Search
          label="Search the findings"
          placeholder="Search ops, arguments, places"
          value={q}
          problem={typeof problem === 'string' ? problem : undefined}
          onInput={(text) => go({ q: text }, { replace: true })}
          onDown={() => {}}
        />
      )}
      {(there.length > 1 || finding) && (
        <Chips label="Severity">
          {there.map((severity) => (
            <Chip
              key={severity}
              pressed={chosen.has(severity)}
              onToggle={() => go({ finding: toggleIn(finding, severity) })}
            >
              {severity}
              <span>{formatCount(payload.counts[severity] ?? 0)}</span>
            </Chip>
          ))}
        </Chips>
      )}
    </div>
  );
}

function NothingMatches() {
  return (
    <p>
      No finding passes the search and the filter.{' '}
      <button type="button" class="link" onClick={() => go({ finding: '', q: '' })}>
        Show all
      </button>
    </p>
  );
}

function Table({ id, groups }: { id: string; groups: readonly FindingGroup[] }) {
  return (
    <table class="trust-findings">
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Argument</th>
          <th scope="col">Where</th>
          <th scope="col">Reached from</th>
        </tr>
      </thead>
      {groups.map((group) => (
        <Group key={group.key} id={id} group={group} />
      ))}
    </table>
  );
}

/** Findings of one rule; what is so of all of them is said once. */
function Group({ id, group }: { id: string; group: FindingGroup }) {
  const { severity, title, evidence, advice, findings } = group;
  const { shown, button } = useMore(findings, FIRST_ROWS);
  const shared = [evidence && writeSentence(evidence), advice].filter(Boolean).join(' ');
  return (
    <tbody>
      <tr class="trust-group">
        <th scope="rowgroup" colSpan={4}>
          <Severity severity={severity} />
          <strong>{title}</strong>
          {findings.length > 1 && <span class="muted">{formatCount(findings.length)}</span>}
          <p>{visibleName(shared)}</p>
        </th>
      </tr>
      {shown.map((finding, at) => (
        <Finding key={at} id={id} finding={finding} group={group} />
      ))}
      {button && (
        <tr>
          <td colSpan={4}>{button}</td>
        </tr>
      )}
    </tbody>
  );
}

function Finding(props: { id: string; finding: ScanFindingPayload; group: FindingGroup }) {
  const { id, finding, group } = props;
  const { what, argument, listing } = finding;
  const own = [
    !group.evidence && writeSentence(finding.evidence),
    !group.advice && finding.advice,
  ].filter(Boolean);
  return (
    <>
      <tr>
        <td>
          <code>{visibleName(what)}</code>
          {own.length > 0 && <p class="muted">{visibleName(own.join(' '))}</p>}
        </td>
        <td>
          {argument === null ? (
            <span class="muted">–</span>
          ) : (
            <code class="trust-argument" title={visibleName(argument)}>
              {visibleName(argument) || <span class="muted">empty</span>}
            </code>
          )}
        </td>
        <td>
          <Place id={id} finding={finding} />
        </td>
        <td>
          <Origins finding={finding} />
        </td>
      </tr>
      {listing.length > 0 && (
        <tr class="trust-listing">
          <td colSpan={4}>
            <details>
              <summary>Disassembly, {formatQuantity(listing.length, 'line')}</summary>
              <CodeBlock label="Disassembly" code={visibleText(listing.join('\n'))} />
            </details>
          </td>
        </tr>
      )}
    </>
  );
}

/** A node leads to the graph; what is in no graph is in a file. */
function Place({ id, finding }: { id: string; finding: ScanFindingPayload }) {
  const { file, graph, node, scope, inside } = finding.where;
  const more = finding.count - 1;
  return (
    <div class="trust-place">
      {graph !== null ? (
        <NodeLink id={id} graph={graph} node={node} scope={scope} />
      ) : (
        <>
          {inside && <Name name={inside} />}
          <Name name={file} class="muted" />
        </>
      )}
      {more > 0 && <span class="muted">and {formatQuantity(more, 'more place')}</span>}
    </div>
  );
}

function Origins({ finding }: { finding: ScanFindingPayload }) {
  const all = finding.reached_from.map(describeOrigin);
  if (!all.length)
    return <span class="muted">{finding.where.graph === null ? '–' : 'nothing'}</span>;
  const more = all.length - MOST_ORIGINS;
  return (
    <ul class="trust-origins">
      {all.slice(0, MOST_ORIGINS).map((words) => (
        <li key={words}>{words}</li>
      ))}
      {more > 0 && (
        <li class="muted" title={all.slice(MOST_ORIGINS).join('\n')}>
          and {formatCount(more)} more
        </li>
      )}
    </ul>
  );
}
