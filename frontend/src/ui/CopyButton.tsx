import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { announce } from './announce';
import { Icon, type IconName } from './Icon';

const SHOWN_MS = 1500;

/** Copies a text; `label` says what. Without `word` only the icon shows. */
export function CopyButton(props: {
  text: string | (() => string | Promise<string>);
  label: string;
  word?: string;
  icon?: IconName;
  class?: string;
}) {
  const done = useSignal(false);
  useEffect(() => {
    if (!done.value) return;
    const timer = setTimeout(() => {
      done.value = false;
    }, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [done.value]);
  const copy = async (event: Event) => {
    event.stopPropagation();
    await copyText(typeof props.text === 'string' ? props.text : await props.text());
    done.value = true;
    announce('Copied');
  };
  return (
    <button
      type="button"
      class={`plain ${props.word ? '' : 'square'} ${props.class ?? ''}`}
      title={props.label}
      aria-label={props.word ? undefined : props.label}
      onClick={copy}
    >
      <Icon name={done.value ? 'check' : (props.icon ?? 'copy')} />
      {props.word && (done.value ? 'Copied' : props.word)}
    </button>
  );
}

/** Copies also where the clipboard is closed to a frame, as over plain HTTP. */
async function copyText(text: string) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'hidden';
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}
