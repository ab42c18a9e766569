import { effect, signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { watchKeys } from '../host';
import { formatQuantity } from '../model/format';
import { suggestPair } from '../model/pairs';
import type { Page } from '../routes';
import { api, artifact, artifacts, homeRoute, linkTo, route, searching, status } from '../state';
import { CopyButton } from '../ui/CopyButton';
import { Icon } from '../ui/Icon';
import { Note } from '../ui/Note';
import { adoptStyles } from '../ui/styles';
import { Neighbours } from './Neighbours';
import { Name, ViewLink } from './parts';
import { Shortcuts } from './Shortcuts';
import css from './shell.css?inline';

adoptStyles(css);

const LOADERS: Record<Page, () => Promise<{ default: ComponentType }>> = {
  home: () => import('./home/home'),
  model: () => import('./model/model'),
  graph: () => import('./graph/graph'),
  weights: () => import('./weights/weights'),
  timeline: () => import('./timeline/timeline'),
  restore: () => import('./restore/restore'),
  compare: () => import('./compare/compare'),
  run: () => import('./run/run'),
  trust: () => import('./trust/trust'),
};

/** Pages that are here; the others are on their way or not asked for. */
const loaded = signal<Partial<Record<Page, ComponentType>>>({});
const failed = signal('');
const shortcutsOpen = signal(false);

async function load(page: Page) {
  if (loaded.peek()[page]) return;
  try {
    const { default: component } = await LOADERS[page]();
    loaded.value = { ...loaded.value, [page]: component };
  } catch {
    failed.value = 'A part of Model Inspect could not be loaded. Reload the page to get it again.';
  }
}

/** Loads pages as they are asked for; the first at once, before anything is drawn. */
export function startPages() {
  effect(() => {
    const { page, id } = route.value;
    const isComing = page === 'graph' && !loaded.peek().graph && artifact.peek();
    // Its server side takes longer than its code.
    api().askGraphsAhead(isComing ? id : undefined);
    void load(page);
  });
}

/** Head and page. */
export function Shell() {
  const { page, id } = route.value;
  useEffect(() => watchKeys(onKey), []);
  const main = useRef<HTMLElement>(null);
  const last = useRef<HTMLElement | null>(null);
  useEffect(() => {
    // What had the focus went with the page before: Tab goes on from the new one.
    const lost = document.activeElement === document.body && document.hasFocus();
    if (lost && last.current) main.current?.focus();
    last.current = main.current;
  }, [page, id]);
  const Current = loaded.value[page];
  // There the artifact is what is selected or chosen: another one is no other page.
  const isChosen = page === 'timeline' || page === 'restore' || page === 'compare';
  const key = isChosen ? page : `${page} ${id}`;
  return (
    <>
      <Head />
      <Problems />
      <main class="page" key={key} ref={main} tabIndex={-1}>
        {searching.value ? <Searching /> : Current && <Current />}
      </main>
      {shortcutsOpen.value && (
        <Shortcuts
          onClose={() => {
            shortcutsOpen.value = false;
          }}
        />
      )}
    </>
  );
}

function onKey(event: KeyboardEvent) {
  // In TensorBoard's page the target may be inside a shadow root, and is of another window.
  const target = event.composedPath()[0] as Partial<Element> | undefined;
  const typing = target?.matches?.('input, select, textarea, [contenteditable]');
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const field = document.querySelector<HTMLInputElement>('[data-search]');
  if (event.key === '?') {
    shortcutsOpen.value = true;
    focus();
  } else if (event.key === '/' && field) {
    event.preventDefault();
    focus();
    field.focus();
    field.select();
  }
}

function Head() {
  const { page, id } = route.value;
  return (
    <header class="head">
      <h1>
        <ViewLink to={homeRoute.value} title="All artifacts" current={page === 'home'}>
          Model Inspect
        </ViewLink>
      </h1>
      {page !== 'home' && <Crumb id={id} />}
      {page !== 'home' && <Neighbours />}
      {page !== 'home' && (
        <nav class="tabs" aria-label="Pages of this artifact">
          <ViewLink to={{ page: 'model', id }} current={page === 'model'}>
            Model
          </ViewLink>
          {(page === 'graph' || mayHaveGraph(artifact.value?.kind)) && (
            <ViewLink to={{ page: 'graph', id }} current={page === 'graph'}>
              Graph
            </ViewLink>
          )}
          {(page === 'run' || artifact.value?.kind === 'saved_model') && (
            <ViewLink to={{ page: 'run', id }} title="Call it" current={page === 'run'}>
              Run
            </ViewLink>
          )}
          <ViewLink to={{ page: 'weights', id }} current={page === 'weights'}>
            Weights
          </ViewLink>
          {(page === 'timeline' || artifact.value?.series) && (
            <ViewLink to={{ page: 'timeline', id }} current={page === 'timeline'}>
              Timeline
            </ViewLink>
          )}
          <ViewLink to={{ page: 'compare', id }} current={page === 'compare'}>
            Compare
          </ViewLink>
          <ViewLink
            to={page === 'restore' ? route.value : { page: 'restore', ...pairOf(id) }}
            title="What restoring it, or into it, would do"
            current={page === 'restore'}
          >
            Restore
          </ViewLink>
          <ViewLink
            to={page === 'trust' ? route.value : { page: 'trust', id }}
            title="Is it safe, is it whole, where does it run"
            current={page === 'trust'}
          >
            Trust
          </ViewLink>
        </nav>
      )}
      <span class="spring" />
      <CopyButton
        icon="link"
        word="Copy link"
        label="Copy a link to this view"
        text={() => linkTo(route.value)}
      />
      <button
        type="button"
        class="plain square"
        title="Keyboard shortcuts (?)"
        aria-label="Keyboard shortcuts"
        onClick={() => {
          shortcutsOpen.value = true;
        }}
      >
        <Icon name="keys" />
      </button>
    </header>
  );
}

/** What the Restore page begins with. */
function pairOf(id: string) {
  const row = artifact.value;
  return row ? suggestPair(artifacts.value.value?.artifacts ?? [], row) : { id };
}

/** A checkpoint has tensors only. */
function mayHaveGraph(kind: string | undefined): boolean {
  return kind !== undefined && kind !== 'checkpoint';
}

function Crumb({ id }: { id: string }) {
  const path = artifact.value?.path;
  return (
    <div class="crumb">
      <Icon name="right" />
      <Name name={path ?? (artifacts.value.value ? id : '…')} />
      {path && <CopyButton text={path} label="Copy the path" class="small" />}
    </div>
  );
}

/** A link may be opened before the server has looked at the logdir for the first time. */
function Searching() {
  return (
    <p class="waiting" role="status">
      Looking for this artifact:{' '}
      {formatQuantity(artifacts.value.value?.scan.folders ?? 0, 'folder')} searched…
    </p>
  );
}

function Problems() {
  const problem = status.value?.problem;
  if (!problem && !failed.value) return null;
  return (
    <div class="problems">
      {problem && (
        <Note tone="bad" title="Model Inspect could not start" copy={problem}>
          {problem}
        </Note>
      )}
      {failed.value && <Note tone="bad">{failed.value}</Note>}
    </div>
  );
}
