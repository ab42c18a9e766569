import type { ComponentChildren } from 'preact';
import { CopyButton } from '../ui/CopyButton';
import { Section } from './Section';

/** Hashes that tell two exports apart, as `fingerprint.pb` stores them. */
export function Fingerprint({ fields }: { fields: { [name: string]: string } }) {
  return (
    <Section title="Fingerprint">
      <dl class="facts wide">
        {Object.entries(fields).map(([name, value]) => (
          <Fact key={name} name={name.replaceAll('_', ' ')} copy={value}>
            <code title={value}>{value}</code>
          </Fact>
        ))}
      </dl>
    </Section>
  );
}

/** A line of what is known, which can be copied. */
export function Fact(props: {
  name: string;
  title?: string;
  copy?: string;
  children: ComponentChildren;
}) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd title={props.title}>
        <span class="fact">{props.children}</span>
        {props.copy && <CopyButton text={props.copy} label={`Copy: ${props.name}`} class="small" />}
      </dd>
    </div>
  );
}
